// Divides a corpus in the layout "timit" into unpaired text, sound and references.
import { divideStage } from '../divide.js';

export const prepareStage = divideStage('timit', 'phones');

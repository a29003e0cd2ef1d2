// Divides a corpus in the layout "lhotse" into unpaired text, sound and references.
import { divideStage } from '../divide.js';

export const prepareStage = divideStage('lhotse');

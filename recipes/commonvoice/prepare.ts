// Divides a corpus in the layout "commonvoice" into unpaired text, sound and references.
import { divideStage } from '../divide.js';

export const prepareStage = divideStage('commonvoice');

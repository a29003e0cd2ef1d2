// Divides a corpus in the layout "voxforge" into unpaired text, sound and references.
import { divideStage } from '../divide.js';

export const prepareStage = divideStage('voxforge');

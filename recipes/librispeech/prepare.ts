// Divides a corpus in the layout "librispeech" into unpaired text, sound and references.
import { divideStage } from '../divide.js';

export const prepareStage = divideStage('librispeech');

// Divides a corpus in the layout "ljspeech" into unpaired text, sound and references.
import { divideStage } from '../divide.js';

export const prepareStage = divideStage('ljspeech');

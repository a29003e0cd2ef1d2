// The corpus is divided as in the recipe librispeech.
export { prepareStage } from '../librispeech/prepare.js';

// The corpus and its division are those of mboshi; the text is its words.
export { prepareStage } from '../mboshi/prepare.js';

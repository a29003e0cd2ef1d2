// The corpus and its division are those of kerstin-de, so that both ways of learning are measured alike.
export { prepareStage } from '../kerstin-de/prepare.js';

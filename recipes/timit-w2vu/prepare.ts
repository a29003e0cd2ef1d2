// The corpus is divided as in the recipe timit.
export { prepareStage } from '../timit/prepare.js';

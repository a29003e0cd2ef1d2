// The corpus is divided as in the recipe mls.
export { prepareStage } from '../mls/prepare.js';

// The corpus of demo-es: the two recipes differ in how they learn from it.
export { prepareStage } from '../demo-es/prepare.js';

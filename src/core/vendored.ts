// Single files of libraries, in dist/vendor of the package that users install (package/assemble.js copies them).
export { vendoredFile } from '../../packages/engine/src/vendored.js';

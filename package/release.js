// `npm run release`: packs what would be published, and says how to publish it. Refuses until package.json has an
// address of the repository that exists: nobody should get a package whose links lead nowhere.
// `npm run release -- --address https://HOST/OWNER/NAME` writes the three fields that hold it.
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';

/** A fault of whoever calls; they get its message alone. */
class Refusal extends Error {}

/** The fields of package.json that follow from the repository's address. */
export function addressFields(address) {
  let url;
  try {
    url = new URL(address);
  } catch {
    throw new Refusal(`--address ${address}: expected https://HOST/OWNER/NAME`);
  }
  const path = url.pathname.replace(/\/$/, '').replace(/\.git$/, '');
  if (url.protocol !== 'https:' || path === '')
    throw new Refusal(`--address ${address}: expected https://HOST/OWNER/NAME`);
  const bare = `https://${url.host}${path}`;
  return {
    homepage: `${bare}#readme`,
    bugs: { url: `${bare}/issues` },
    repository: { type: 'git', url: `git+${bare}.git` },
  };
}

/** Those of them that nobody has set: `.invalid` names no host (RFC 2606). */
export function unsetFields({ homepage, bugs, repository }) {
  const fields = { homepage, 'bugs.url': bugs?.url, 'repository.url': repository?.url };
  return Object.keys(fields).filter((name) => fields[name] === undefined || fields[name].includes('.invalid/'));
}

function main(args) {
  const { values } = parseArgs({ args, options: { address: { type: 'string' } } });
  const path = 'package.json';
  const description = JSON.parse(readFileSync(path, 'utf8'));
  if (values.address !== undefined) {
    Object.assign(description, addressFields(values.address));
    writeFileSync(path, `${JSON.stringify(description, null, 2)}\n`);
  }
  const unset = unsetFields(description);
  if (unset.length > 0)
    throw new Refusal(
      `package.json: ${unset.join(', ')}: nobody has set where the repository is\n` +
        'npm run release -- --address https://HOST/OWNER/NAME writes them (CONTRIBUTING.md).',
    );
  if (values.address !== undefined) return;
  execFileSync('npm', ['pack', '--ignore-scripts'], { stdio: 'inherit' });
  process.stdout.write(
    `Look at it (test/e2e/package.test.ts installs it), tag v${description.version}, then: ` +
      `npm publish ${description.name}-${description.version}.tgz --access public\n`,
  );
}

if (process.argv[1] === import.meta.filename) {
  try {
    main(process.argv.slice(2));
  } catch (thrown) {
    if (!(thrown instanceof Refusal)) throw thrown;
    process.stderr.write(`release: ${thrown.message}\n`);
    process.exitCode = 2;
  }
}

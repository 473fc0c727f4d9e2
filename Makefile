# nnsh: what there is to make. `make demo` and `make test` need nothing but a Swift toolchain:
# the Debian packages that nnsh is built with are installed when they are missing.

PREFIX ?= /usr/local
RELEASE := swift build --configuration release --static-swift-stdlib
BINARY = $(shell $(RELEASE) --show-bin-path)/nnsh
SOURCES := Package.swift Sources Tests

.PHONY: build demo test check format bench manual install uninstall clean

build:
	@Scripts/install-packages build
	$(RELEASE) --product nnsh

demo:
	@Scripts/install-packages demo
	$(RELEASE) --product nnsh
	$(BINARY) examples/report.nns

test:
	@Scripts/install-packages test
	swift test

check:
	swift format lint --strict --parallel --recursive $(SOURCES)

format:
	swift format --in-place --parallel --recursive $(SOURCES)

bench: build
	Benchmarks/run

# The reference manual, written anew from the registry; a test fails when it is not current.
manual: build
	$(BINARY) --manual > docs/reference.md

install: build
	install -d $(DESTDIR)$(PREFIX)/bin
	install -m 755 $(BINARY) $(DESTDIR)$(PREFIX)/bin/nnsh

uninstall:
	rm -f $(DESTDIR)$(PREFIX)/bin/nnsh

clean:
	swift package clean

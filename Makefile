# make demo    from nothing to the alerts of a hijack
# make test    everything the tests need, then all tests; LAB=no leaves the differential lab out
# make check   format and lints
# make bench   what it costs, on traffic of the lab's own servers; as root, some minutes
# make fuzz    every fuzz target for FUZZ_SECONDS, one after the other
.POSIX:
.PHONY: all demo test check bench fuzz needs install clean

CARGO = cargo
PREFIX = /usr/local
SIGTAP = target/release/sigtap
FUZZ_SECONDS = 60
LAB = yes

all: needs
	@$(CARGO) build --release --locked

# A bundled capture: a zone's DS and name servers are exchanged by an intruder.
demo: all
	@printf '\n== sigtap read captures/hijack (its anchors are those of the lab it was recorded in)\n\n'
	@$(SIGTAP) read --format text --trust-anchor captures/hijack/anchors.txt captures/hijack/capture.pcap

test: needs
	@if $(CARGO) nextest --version >/dev/null 2>&1; \
	then $(CARGO) nextest run --locked --all-targets --no-fail-fast; \
	else $(CARGO) test --locked --all-targets --no-fail-fast; fi
	@$(CARGO) test --locked --doc
	@test '$(LAB)' = no || lab/ci "$${CARGO_TARGET_DIR:-target}/debug/sigtap"

check: needs
	@$(CARGO) fmt --check
	@$(CARGO) clippy --locked --all-targets -- -D warnings

bench: needs
	@$(CARGO) build --release --locked
	@$(CARGO) bench --locked --bench baseline --no-run
	@lab/speed --others $(SIGTAP) "$$(ls -t target/release/deps/baseline-* | grep -v '\.d$$' | head -1)"

fuzz: needs
	@for target in $$($(CARGO) +nightly fuzz list); do \
	  $(CARGO) +nightly fuzz run $$target -- -max_total_time=$(FUZZ_SECONDS) -max_len=65536 -timeout=10 -report_slow_units=1 || exit; \
	done

# libpcap's headers and a C compiler; both come from Debian's and Ubuntu's own packages.
needs:
	@command -v $(CARGO) >/dev/null || { echo 'sigtap needs a Rust toolchain, 1.89 or later (rustup installs one)' >&2; exit 1; }
	@lack=; \
	{ test -e /usr/include/pcap/pcap.h || test -e /usr/local/include/pcap/pcap.h \
	  || pkg-config --exists libpcap 2>/dev/null; } || lack='libpcap-dev'; \
	command -v cc >/dev/null || lack="$$lack build-essential"; \
	test -z "$$lack" && exit 0; \
	as=; test "$$(id -u)" = 0 || { as=sudo; sudo -n true 2>/dev/null || { test -t 0 && command -v sudo >/dev/null; }; } \
	  || { echo "sigtap needs these packages, and neither root nor sudo is at hand: apt-get install $$lack" >&2; exit 1; }; \
	command -v apt-get >/dev/null || { echo "sigtap needs libpcap's headers and a C compiler: install $$lack or what your system calls it" >&2; exit 1; }; \
	echo "installing $$lack"; \
	$$as apt-get update -qq && $$as env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $$lack >/dev/null

install: all
	install -D -m 755 $(SIGTAP) $(DESTDIR)$(PREFIX)/bin/sigtap

clean:
	@$(CARGO) clean

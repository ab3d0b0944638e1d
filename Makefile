# make demo    from nothing to the alerts of a hijack
# make test    everything the tests need, then all tests; LAB=no leaves the differential lab out
# make check   format and lints
# make bench   what it costs, on traffic of the lab's own servers; as root, some minutes
# make install the program, man pages, completions, unit and configuration, to DESTDIR and PREFIX
# make deb     a Debian package
# make fuzz    every fuzz target for FUZZ_SECONDS, one after the other
.POSIX:
.PHONY: all demo test check bench fuzz needs documents install deb clean

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

# The man pages and completions, made by the program itself.
documents: all
	@$(SIGTAP) documents target/documents

# To $(DESTDIR)$(PREFIX), and the configuration to $(DESTDIR)/etc, where one that is there stays.
install: documents
	install -D -m 755 $(SIGTAP) $(DESTDIR)$(PREFIX)/bin/sigtap
	install -d $(DESTDIR)$(PREFIX)/share/man/man1
	install -m 644 target/documents/man/man1/*.1 $(DESTDIR)$(PREFIX)/share/man/man1
	for file in bash-completion/completions/sigtap zsh/vendor-completions/_sigtap fish/vendor_completions.d/sigtap.fish; do \
	  install -D -m 644 target/documents/$$file $(DESTDIR)$(PREFIX)/share/$$file || exit; done
	install -d $(DESTDIR)$(PREFIX)/lib/systemd/system
	sed 's,/usr/bin/sigtap,$(PREFIX)/bin/sigtap,' deploy/sigtap.service > $(DESTDIR)$(PREFIX)/lib/systemd/system/sigtap.service
	install -D -m 644 deploy/sigtap.sysusers $(DESTDIR)$(PREFIX)/lib/sysusers.d/sigtap.conf
	test -e $(DESTDIR)/etc/sigtap/sigtap.toml || install -D -m 640 deploy/sigtap.toml $(DESTDIR)/etc/sigtap/sigtap.toml

# target/debian/sigtap_VERSION_ARCHITECTURE.deb; `cargo install cargo-deb` once.
deb: documents
	@$(CARGO) deb --no-build

clean:
	@$(CARGO) clean

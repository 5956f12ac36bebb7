# Recipes of latva. `just` lists them.

_default:
    @just --list --unsorted

# Fetch what a fresh checkout needs: formatter, linter, the wasm32 target, dependencies.
setup:
    rustup component add rustfmt clippy
    rustup target add wasm32-unknown-unknown
    cargo fetch --locked

# Fit the classic three-factor model on the shipped data.
demo:
    cargo run --release -- fit fixtures/models/hs_cfa.lav --data fixtures/data/HolzingerSwineford1939.csv

# Format all code.
fmt:
    cargo fmt

# What the linter and the documentation builder object to.
lint:
    cargo fmt --check
    cargo clippy --workspace --all-targets --locked -- -D warnings
    RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps --locked

# Build and pass all tests.
test:
    cargo test --workspace

# Build the documentation of the code and open it.
doc:
    cargo doc --workspace --no-deps --open

# Time the kernels and the fits.
bench:
    cargo bench --workspace

# Time latva against lavaan, OpenMx, sem and semopy on the same data; with `--write` into docs/performance.md (`--quick`, `--limit SECONDS`).
bench-peers *arguments:
    bench/peers/run {{arguments}}

# Make all reference values and data sets again, by the commands that their origin.toml files name: needs R with the packages that the
# scripts load, and Python with mpmath.
oracle:
    sed -n 's/^command = "\(.*\)"$/\1/p' fixtures/data/origin.toml fixtures/reference/*/origin.toml | sh -ex

# Everything that CI runs, in the same way.
ci:
    .ci/run

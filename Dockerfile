# Two steps: the program is built where the compiler is, and runs where it is not.
FROM rust:1.95-slim-bookworm AS build
# Node builds the page; the compiler then takes it into the program
COPY --from=node:20-bookworm-slim /usr/local/bin/node /usr/local/bin/node
COPY --from=node:20-bookworm-slim /usr/local/lib/node_modules /usr/local/lib/node_modules
# a crate that web-push's message types need links OpenSSL; the allocator is built by make
RUN apt-get update -qq && apt-get install -y -qq --no-install-recommends make pkg-config libssl-dev && rm -rf /var/lib/apt/lists/*
WORKDIR /src
COPY web ./web
COPY tests/http/openapi.json ./tests/http/openapi.json
RUN cd web && node /usr/local/lib/node_modules/npm/bin/npm-cli.js ci && node /usr/local/lib/node_modules/npm/bin/npm-cli.js run build
COPY Cargo.toml Cargo.lock build.rs ./
COPY benches ./benches
COPY templates ./templates
COPY src ./src
RUN cargo build --release --locked --bin cordon

FROM debian:bookworm-slim
# OpenSSL as above; the certificates by which push services and webhooks are known
RUN apt-get update -qq && apt-get install -y -qq --no-install-recommends libssl3 ca-certificates && rm -rf /var/lib/apt/lists/*
RUN useradd --system --no-create-home --home-dir /nonexistent cordon \
 && install --directory --owner=cordon --group=cordon /var/lib/cordon
COPY --from=build /src/target/release/cordon /usr/local/bin/cordon
COPY regions /usr/share/cordon/regions
ENV CORDON_LISTEN=0.0.0.0:8080 \
    CORDON_REGIONS=/usr/share/cordon/regions \
    CORDON_DATA_DIR=/var/lib/cordon
VOLUME /var/lib/cordon
EXPOSE 8080
USER cordon
# the image has no curl: bash asks by itself
HEALTHCHECK --interval=30s --timeout=5s --start-period=10s \
    CMD ["bash", "-c", "exec 3<>/dev/tcp/127.0.0.1/8080 && printf 'GET /readyz HTTP/1.0\\r\\n\\r\\n' >&3 && read -r _ code _ <&3 && [ \"$code\" = 200 ]"]
ENTRYPOINT ["cordon"]
CMD ["serve"]

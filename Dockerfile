# The local stack in a container: the gateway, the Lambda runtime with the real
# binaries, and the emulated SQS, SNS and S3. PostgreSQL is a container of its own,
# see docker-compose.yml.
FROM golang:1.26.8-bookworm@sha256:a688600ca24f8a4d3ca77f95b0dd40704a9fc787c826660eb7ba0b641b8b175d AS build
WORKDIR /src
COPY Makefile go.work go.work.sum ./
# The CDK app deploys to AWS; nothing of it runs here.
RUN go work edit -dropuse=./cdk
# Nothing of the benchmarks and of the proofs runs here either.
RUN go work edit -dropuse=./bench
RUN go work edit -dropuse=./proof
COPY cli/go.mod cli/go.sum cli/
COPY emulator/go.mod emulator/go.sum emulator/
COPY functions/go.mod functions/go.sum functions/
COPY local/go.mod local/go.sum local/
COPY migrations/go.mod migrations/
COPY pkg/go.mod pkg/go.sum pkg/
RUN go mod download
COPY cli cli
COPY emulator emulator
COPY functions functions
COPY local local
COPY migrations migrations
COPY pkg pkg
COPY scripts/progress.sh scripts/
RUN make build DIST=/out && mkdir /data

FROM debian:bookworm-slim@sha256:3783cc01769c7b2b1b83a5c5ad96c815348e28ed7da68e2e3687004faa906251
RUN useradd --system --uid 65532 fluxa
COPY --from=build /out/bin /opt/fluxa
COPY LICENSE THIRD_PARTY /usr/share/doc/fluxa/
COPY --from=build --chown=fluxa:fluxa /data /data
USER fluxa
VOLUME /data
EXPOSE 8080 8081
ENTRYPOINT ["/opt/fluxa/fluxa"]
CMD ["up", "--dir", "/data", "--bin", "/opt/fluxa"]

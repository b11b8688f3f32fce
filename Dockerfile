# The build and the result use the same release of Debian, so that the C library fits.
FROM rust:1.95-bookworm AS build
WORKDIR /source
COPY . .
RUN cargo build --release --locked
# Whatever user the container runs as, it must be able to make its directory in the volume.
RUN mkdir -p /result/data && chmod 1777 /result/data \
 && cp target/release/rolodav /result/rolodav

# No shell, no package manager: only the C library, time zones and certificates.
FROM gcr.io/distroless/cc-debian12
COPY --from=build /result/ /
# A directory inside of the volume, because the volume itself may belong to somebody else.
ENV ROLODAV__STORE__PATH=/data/store \
    ROLODAV__SERVER__LISTEN=0.0.0.0:8008
VOLUME /data
EXPOSE 8008
# Any other user id works too.
USER 10001:10001
STOPSIGNAL SIGTERM
# No HEALTHCHECK: it would start a process each time for what GET /readyz answers at no cost.
ENTRYPOINT ["/rolodav"]
CMD ["serve"]

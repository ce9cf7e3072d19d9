# docker build -t eventbusd . && docker run -p 4566:4566 -v eventbus-data:/data eventbusd
#
# Two stages. The first builds with the packages of tools/packages.txt; the second is Debian's slim image, the stripped program and
# the shared libraries it asks for.

FROM debian:bookworm-slim AS build
WORKDIR /src
COPY tools/install-packages tools/packages.txt tools/
RUN tools/install-packages build
COPY . .
RUN cmake --preset release -DEVENTBUS_TESTS=OFF -DCMAKE_CXX_COMPILER_LAUNCHER= && ninja -C build/release eventbusd
# The packages of the libraries that the program was linked with: read from it, so that no list can be out of date. What the base
# image has already costs apt nothing.
RUN mkdir /out && strip --strip-all -o /out/eventbusd build/release/bin/eventbusd && install -d -m 0700 /out/data \
 && ldd /out/eventbusd | sed -n 's|.*=> /.*/\([^/ ]*\) .*|*/\1|p' | xargs dpkg-query -S | cut -d: -f1 | sort -u > /out/packages

FROM debian:bookworm-slim
COPY --from=build /out/packages /tmp/packages
RUN apt-get update && xargs -r -a /tmp/packages apt-get install -y --no-install-recommends \
 && rm -rf /var/lib/apt/lists/* /var/cache/apt/* /var/log/apt /var/log/dpkg.log /tmp/packages
COPY --from=build /out/eventbusd /usr/local/bin/eventbusd
COPY LICENSE /usr/share/doc/eventbusd/LICENSE
# A number, so that `runAsNonRoot` can see that it is not root.
COPY --from=build --chown=4566:4566 /out/data /data
USER 4566:4566
ENV EVENTBUS_LISTEN=0.0.0.0:4566 EVENTBUS_DATA_DIR=/data
VOLUME /data
EXPOSE 4566
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s --retries=3 CMD ["/usr/local/bin/eventbusd", "healthcheck"]
ENTRYPOINT ["/usr/local/bin/eventbusd"]
LABEL org.opencontainers.image.title="eventbusd" org.opencontainers.image.licenses="Apache-2.0"

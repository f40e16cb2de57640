# One image for the orchestrator and the agent; docker-compose.yml says which of the two a container is.
FROM node:20-bookworm AS build
WORKDIR /assay
COPY . .
RUN node scripts/build.mjs

FROM node:20-bookworm-slim
# An ordinary user: nothing in here needs root. Real drives need the device files and SPDK of the host, see README.md.
RUN useradd --create-home --uid 10001 assay && mkdir -p /var/lib/assay && chown assay:assay /var/lib/assay
COPY --from=build --chown=root:root /assay /assay
WORKDIR /assay
USER assay
VOLUME /var/lib/assay
CMD ["node", "apps/orchestrator/dist/main.js"]

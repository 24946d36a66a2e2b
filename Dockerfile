FROM node:24-bookworm-slim AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci --no-audit --no-fund
COPY tsconfig.json tsconfig.build.json ./
COPY core core
COPY plugins plugins
COPY sandbox sandbox
RUN npm run build && npm prune --omit=dev --no-audit --no-fund

FROM node:24-bookworm-slim
WORKDIR /app
COPY --from=build /app/package.json ./
COPY --from=build /app/node_modules node_modules
COPY --from=build /app/dist dist
RUN ln -s /app/dist/core/main.js /usr/local/bin/bot \
 && ln -s /app/dist/core/main.js /usr/local/bin/howdah \
 && mkdir /data /fleet && chown node:node /data
ENV NODE_ENV=production \
    BOT_DATA=/data \
    NODE_COMPILE_CACHE=/data/compile-cache \
    BOT_ACCOUNTS=/fleet/accounts.yaml \
    PORT=8080
USER node
WORKDIR /fleet
VOLUME /data
EXPOSE 8080
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.PORT}/health`).then((answer) => process.exit(answer.ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["bot"]
CMD ["run"]

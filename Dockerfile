# A small image with asr, ffmpeg and nothing to build with; it runs as a user without rights.
#   docker build -t asr .
#   docker run --rm --user "$(id -u):$(id -g)" -v "$PWD":/work asr transcribe talk.mp3 --model model
# With --user what it writes is yours; without, it must be open to user 1000.
FROM node:22-slim AS build
WORKDIR /src
COPY package.json package-lock.json .npmrc ./
COPY packages/engine/package.json packages/engine/
COPY test/ffmpeg/package.json test/ffmpeg/
RUN npm ci --ignore-scripts
COPY . .
RUN npm run build && npm pack --pack-destination /tmp

FROM node:22-slim
RUN apt-get update && apt-get install -y --no-install-recommends ffmpeg \
  && rm -rf /var/lib/apt/lists/*
COPY --from=build /tmp/*.tgz /tmp/asr.tgz
# The native library for this processor stays; those for other systems go.
RUN npm install --global --ignore-scripts --no-audit --no-fund /tmp/asr.tgz \
  && cd "$(npm root --global)/unsupervised-asr/node_modules/onnxruntime-node/bin/napi-v6" \
  && rm -rf darwin win32 && npm cache clean --force && rm /tmp/asr.tgz
# Without a folder of the host's at /work there is one to write into.
RUN install --directory --owner=node --group=node /work
USER node
ENV HF_HOME=/work/.cache/huggingface
WORKDIR /work
ENTRYPOINT ["asr"]
CMD ["--help"]

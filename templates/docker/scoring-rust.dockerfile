# Rendered by mlops-gen from mlops.yaml.
# The scoring server with one model in it. Build context: the repository's root. The release pipeline downloads the
# model version into the context's folder model-files first, and MODEL_DIR is the folder that then holds {% if native %}native-model.json{% else %}model.json{% endif %}:
#   az ml model download --name {= model =} --version 7 --download-path model-files
#   docker build --file docker/scoring/Dockerfile --build-arg MODEL_DIR=model-files/… --build-arg MODEL_VERSION=7 .
# Images are pinned by version; `docker buildx imagetools inspect` prints the digest for pinning by digest as well.

{% block build %}
FROM {= build_image =} AS build
WORKDIR /src
COPY Cargo.toml Cargo.lock ./
COPY model model
{% if crate_folder %}
COPY {= crate_folder =} {= crate_folder =}
{% endif %}
# Statically linked, C library included: the image below holds nothing else. The target is named so that the flag
# does not reach procedural macros, which must stay dynamic.
ENV RUSTFLAGS="-C target-feature=+crt-static"
RUN cargo build --locked --release --target x86_64-unknown-linux-gnu --bin score \
  && install -D --mode=0755 target/x86_64-unknown-linux-gnu/release/score /image/usr/local/bin/score \
  && install -D --mode=0644 /etc/ssl/certs/ca-certificates.crt /image/etc/ssl/certs/ca-certificates.crt
{% endblock %}

{% block run %}
FROM scratch
ARG MODEL_DIR=model-files
ARG MODEL_VERSION=unreleased
LABEL org.opencontainers.image.title={= title =} \
  org.opencontainers.image.description={= description =} \
  org.opencontainers.image.version="${MODEL_VERSION}"
# The server and the certificates it trusts (Storage, Entra, Application Insights); no shell, no package manager.
COPY --from=build /image /
{% if native %}
# Only the exported parameters: the estimator beside them is Python's.
COPY ${MODEL_DIR}/native-model.json /model/native-model.json
{% else %}
COPY ${MODEL_DIR} /model
{% endif %}
ENV SCORE_MODEL="/model" \
  SCORE_LISTEN={= listen =} \
  SCORE_ROUTE={= route =}
USER 65532:65532
EXPOSE {= port =}
HEALTHCHECK --interval=30s --timeout=3s --start-period=5s --retries=3 \
  CMD ["/usr/local/bin/score", "--healthcheck"]
ENTRYPOINT ["/usr/local/bin/score"]
{% endblock %}

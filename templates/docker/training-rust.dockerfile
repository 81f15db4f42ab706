# Rendered by mlops-gen from mlops.yaml.
# The programs of the training pipeline, for Azure ML jobs. Build context: the repository's root.
# Images are pinned by version; `docker buildx imagetools inspect` prints the digest for pinning by digest as well.

{% block build %}
FROM {= build_image =} AS build
WORKDIR /src
COPY Cargo.toml Cargo.lock ./
COPY model model
COPY {= crate_folder =} {= crate_folder =}
# As the scoring image's server is built: one cache serves both. Statically linked, so that the Debian below need not be
# the one that it was built on; the target is named so that the flag does not reach procedural macros.
ENV RUSTFLAGS="-C target-feature=+crt-static"
RUN cargo build --locked --release --target x86_64-unknown-linux-gnu \
  {= build_flags =} \
  && install -D --mode=0755 --target-directory=/programs \
  {% for program in built_programs %}
    {= program =}{% if not loop.last %} \{% endif %}
  {% endfor %}
{% endblock %}

{% block run %}
FROM {= run_image =}
# Azure ML starts a job's command with bash. Certificates are for Storage and the tracking server{= package_reasons =}.
# hadolint ignore=DL3008
RUN apt-get update \
  && apt-get install --yes --no-install-recommends {= packages =} \
  && rm -rf /var/lib/apt/lists/*
COPY --from=build /programs /usr/local/bin
COPY data/data-contract.json {= contract_file =}
ENV DATA_CONTRACT={= contract_path =}
# Azure ML makes a job's folders and mounts for root, and starts each of its own images as root; a node runs one job.
# hadolint ignore=DL3002
USER root
WORKDIR /root
# A job runs once and ends; there is nothing to ask for its health.
HEALTHCHECK NONE
CMD ["bash"]
{% endblock %}

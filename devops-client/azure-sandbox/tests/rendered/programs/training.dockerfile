FROM docker.io/library/rust:1.95.0-slim-bookworm AS build
WORKDIR /src
COPY model model
RUN mkdir -p /programs && cp model/programs/* /programs/ && chmod +x /programs/*
FROM docker.io/library/debian:12
RUN apt-get update && apt-get install --yes ca-certificates
COPY --from=build /programs /usr/local/bin
COPY data/data-contract.json /opt/mlops/data-contract.json
ENV DATA_CONTRACT="/opt/mlops/data-contract.json"
USER 1000:1000
CMD ["bash"]

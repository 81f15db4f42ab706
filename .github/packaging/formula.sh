#!/usr/bin/env bash
# formula.sh VERSION OWNER/NAME DIR: prints the Homebrew formula for the archives in DIR.
set -euo pipefail
version=$1 repository=$2 dir=$3
block() {
  local sum
  sum=$(sha256sum "$dir/mlops-gen-$version-$1.tar.gz") || return
  printf '      url "https://github.com/%s/releases/download/v%s/mlops-gen-%s-%s.tar.gz"\n' "$repository" "$version" "$version" "$1"
  printf '      sha256 "%s"\n' "${sum%% *}"
}
# An archive that is not there ends it here, not in the middle of a formula.
mac_arm=$(block aarch64-apple-darwin)
mac_intel=$(block x86_64-apple-darwin)
linux_arm=$(block aarch64-unknown-linux-gnu)
linux_intel=$(block x86_64-unknown-linux-gnu)
cat <<RUBY
class MlopsGen < Formula
  desc "One spec, a whole MLOps project for Azure DevOps and Azure Machine Learning"
  homepage "https://github.com/$repository"
  version "$version"
  license "MIT"

  on_macos do
    on_arm do
$mac_arm
    end
    on_intel do
$mac_intel
    end
  end

  on_linux do
    on_arm do
$linux_arm
    end
    on_intel do
$linux_intel
    end
  end

  def install
    bin.install "mlops-gen"
    man1.install Dir["man/*.1"]
    bash_completion.install "completions/mlops-gen.bash" => "mlops-gen"
    zsh_completion.install "completions/_mlops-gen"
    fish_completion.install "completions/mlops-gen.fish"
  end

  test do
    system bin/"mlops-gen", "init", "demo", "--yes", "--no-git"
    system bin/"mlops-gen", "check", "--spec", "demo/mlops.yaml"
  end
end
RUBY

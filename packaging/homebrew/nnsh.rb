# Homebrew's formula of nnsh: a release sets the version and the archive's sum (see RELEASING.md).
class Nnsh < Formula
  desc "Shell for neural networks"
  homepage "https://github.com/nnsh/nnsh"
  url "https://github.com/nnsh/nnsh/archive/refs/tags/v0.1.0.tar.gz"
  sha256 "0000000000000000000000000000000000000000000000000000000000000000"
  license "Apache-2.0"

  depends_on xcode: ["16.3", :build] if OS.mac?
  depends_on "gnuplot"
  depends_on "jpeg-turbo"
  depends_on "libpng"
  depends_on "onednn"
  uses_from_macos "libedit"
  uses_from_macos "swift" => :build
  uses_from_macos "zlib"

  def install
    system "swift", "build", "--disable-sandbox", "--configuration", "release", "--product", "nnsh"
    system "make", "install-files", "BINARY=.build/release/nnsh", "PREFIX=#{prefix}"
  end

  test do
    assert_equal "42\n", shell_output("#{bin}/nnsh -X -c '6 * 7'")
    assert_equal "[2, 2]\n", shell_output("#{bin}/nnsh -X -c '(ones(2, 3) @ ones(3, 2)).shape'")
  end
end

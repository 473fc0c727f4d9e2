import Testing

@testable import Derivation

/// Axes are called by what the data is.
@Suite struct DeriveDimensionTests {
  /// The weights of attention have the rows on both sides: these are no classes.
  @Test func attention() throws {
    let script = """
      seed(1)
      Wq = randn(3, 2); Wk = randn(3, 2); Wv = randn(3, 5); X = randn(4, 3)
      y = one_hot([0, 1, 2, 1], 5)
      fn attended() = softmax((X @ Wq) @ (X @ Wk)' / sqrt(2)) @ (X @ Wv)
      derive cross_entropy(y, softmax(attended())) wrt Wq
      """
    let derivation = try #require(try DeriveHost.derivations(of: script).first)
    let text = derivation.text(width: 100)
    #expect(derivation.isRight, "\(text)")
    let legend = "N = 4 rows   F = 3 features   H = 2 hidden units   K = 5 classes"
    #expect(text.contains(legend), "\(text)")
    #expect(text.contains("p₁ = softmax(o₁)               N×N"), "\(text)")
    #expect(!text.contains("ᵀᵀ"), "\(text)")
  }
}

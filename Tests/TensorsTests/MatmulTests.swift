import Testing

@testable import Tensors

/// The product by its definition, in Float64.
private func product(_ a: Tensor, _ b: Tensor) throws -> [Double] {
  let (m, k, n) = (a.shape[0], a.shape[1], b.shape[1])
  let (x, y) = (a.doubles(), b.doubles())
  var result = [Double](repeating: 0, count: m * n)
  for i in 0..<m {
    for j in 0..<n {
      for p in 0..<k { result[i * n + j] += x[i * k + p] * y[p * n + j] }
    }
  }
  return result
}

private func isClose(_ a: [Double], _ b: [Double], _ tolerance: Double) -> Bool {
  a.count == b.count
    && zip(a, b).allSatisfy { abs($0 - $1) <= tolerance * (1 + abs($1)) }
}

@Suite struct MatmulTests {
  var generator = RandomGenerator(seed: 7)

  @Test(arguments: [ElementType.f32, .f64])
  mutating func agreesWithDefinition(_ type: ElementType) throws {
    let tolerance = type == .f64 ? 1e-13 : 1e-5
    for (m, k, n) in [(1, 1, 1), (3, 4, 5), (17, 300, 33), (64, 16, 8), (1, 20, 7), (9, 1, 4)] {
      let a = try generator.normal(Shape(checking: [m, k]), type)
      let b = try generator.normal(Shape(checking: [k, n]), type)
      #expect(isClose(try Tensor.matmul(a, b).doubles(), try product(a, b), tolerance))
      let at = try a.transposed().contiguous().transposed()
      let bt = try b.transposed().contiguous().transposed()
      #expect(isClose(try Tensor.matmul(at, bt).doubles(), try product(a, b), tolerance))
    }
  }
}

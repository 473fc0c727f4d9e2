import Testing

@testable import Tensors

/// What is done to all numbers of rows has the same bits for any threads.
@Suite(.serialized) struct FloatRowsTests {
  @Test(arguments: [ElementType.f32, .f64]) func sumsOfSquaresAndProductsDoNotDependOnThreads(
    _ type: ElementType
  ) throws {
    var generator = RandomGenerator(seed: 2)
    let before = Threads.count
    defer { Threads.count = before }
    for count in [0, 1, 7, 8, 16_384, 16_385, 600_013] {
      let numbers = try generator.normal(Shape(checking: [count]))
      var found: [(Double, [Double])] = []
      for threads in [1, 2, 3, 5] {
        Threads.count = threads
        let buffer = try FloatBuffer(count: count, type: type)
        try buffer.row.copy(from: numbers)
        let squares = buffer.row.sumOfSquares()
        buffer.row.multiply(by: 0.3)
        found.append((squares, (0..<count).map { buffer.row.number(at: $0) }))
      }
      let exact = numbers.doubles().reduce(0) { $0 + $1 * $1 }
      #expect(abs(found[0].0 - exact) <= 1e-12 * max(1, exact))
      for other in found { #expect(other.0 == found[0].0 && other.1 == found[0].1) }
    }
  }
}

import Testing

@testable import Tensors

/// The product by its definition, in Float64.
private func product(_ a: Tensor, _ b: Tensor) throws -> Tensor {
  let (m, k, n) = (a.shape[0], a.shape[1], b.shape[1])
  let (x, y) = (a.doubles(), b.doubles())
  var result = [Double](repeating: 0, count: m * n)
  for i in 0..<m {
    for j in 0..<n {
      for p in 0..<k { result[i * n + j] += x[i * k + p] * y[p * n + j] }
    }
  }
  return try Tensor(result, Shape(checking: [m, n]))
}

@Suite struct MatmulTests {
  @Test(arguments: [ElementType.f32, .f64])
  func agreesWithDefinition(_ type: ElementType) throws {
    var generator = RandomGenerator(seed: 7)
    let tolerance = type == .f64 ? 1e-12 : 2e-5
    for (m, k, n) in [(1, 1, 1), (3, 4, 5), (17, 300, 33), (64, 16, 8), (1, 20, 7), (9, 1, 4)] {
      let a = try generator.normal(Shape(checking: [m, k]), type)
      let b = try generator.normal(Shape(checking: [k, n]), type)
      let bias = try generator.normal(Shape(checking: [n]), type)
      let expected = try product(a, b)
      expectEqual(try Tensor.matmul(a, b), expected, tolerance: tolerance)
      let at = try a.transposed().contiguous().transposed()
      let bt = try b.transposed().contiguous().transposed()
      expectEqual(try Tensor.matmul(at, bt), expected, tolerance: tolerance)
      expectEqual(try Tensor.matmul(a, bt), expected, tolerance: tolerance)
      let whole = try Tensor.apply(.relu, Tensor.apply(.add, expected, bias))
      expectEqual(
        try Tensor.matmul(a, b, bias: bias, activation: .relu), whole, tolerance: tolerance)
      expectEqual(
        try Tensor.matmul(at, b, bias: bias.expandedDimensions(axis: 0), activation: .relu), whole,
        tolerance: tolerance)
    }
  }

  @Test(arguments: [ElementType.f32, .f64], [(1, 500), (40, 100), (700, 33), (3, 3)])
  func productsWithVectors(_ type: ElementType, _ sizes: (rows: Int, terms: Int)) throws {
    var generator = RandomGenerator(seed: 9)
    let tolerance = type == .f64 ? 1e-12 : 5e-5
    let (rows, terms) = sizes
    let matrix = try generator.normal(Shape(checking: [rows, terms]), type)
    let wide = try generator.normal(Shape(checking: [2 * terms]), type)
    let vector = try wide.subscripted([.slice(start: nil, stop: nil, step: 2)])
    for v in [vector, try vector.contiguous()] {
      let column = try v.expandedDimensions(axis: 1)
      let expected = try product(matrix, column).flattened()
      for m in [matrix, try matrix.transposed().contiguous().transposed()] {
        expectEqual(try Tensor.matmul(m, v), expected, tolerance: tolerance)
        expectEqual(try Tensor.matmul(v, m.transposed()), expected, tolerance: tolerance)
        expectEqual(try Tensor.matmul(m, column).flattened(), expected, tolerance: tolerance)
      }
      expectEqual(
        try Tensor.matmul(v, v), try product(column.transposed(), column).reshaped([]),
        tolerance: tolerance)
    }
  }

  @Test func viewsThatAreNeitherWayContiguous() throws {
    var generator = RandomGenerator(seed: 8)
    let wide = try generator.normal([20, 30])
    let every = Index.slice(start: nil, stop: nil, step: 2)
    let back = Index.slice(start: nil, stop: nil, step: -1)
    let part = Index.slice(start: 3, stop: 13, step: 1)
    for indices in [[every, every], [back, back], [part, part], [every, part]] {
      let a = try wide.subscripted(indices)
      let b = try a.transposed()
      expectEqual(try Tensor.matmul(a, b), try product(a, b), tolerance: 2e-5)
      let f64 = try a.cast(to: .f64)
      expectEqual(try Tensor.matmul(f64, b), try product(a, b), tolerance: 1e-12)
    }
    let row = try generator.normal([1, 6]).broadcast(to: [4, 6])
    let column = try generator.normal([6, 1]).broadcast(to: [6, 5])
    expectEqual(try Tensor.matmul(row, column), try product(row, column), tolerance: 1e-5)
  }

  @Test func emptySizes() throws {
    for type in [ElementType.f32, .f64] {
      let none = try Tensor.matmul(Tensor.zeros([3, 0], type), Tensor.zeros([0, 2], type))
      #expect(none.shape == [3, 2] && none.doubles() == [0, 0, 0, 0, 0, 0])
      let bias = try Tensor([1, -1] as [Float])
      let biased = try Tensor.matmul(
        Tensor.zeros([1, 0], type), Tensor.zeros([0, 2], type), bias: bias, activation: .relu)
      #expect(biased.doubles() == [1, 0])
      #expect(
        try Tensor.matmul(Tensor.zeros([0, 3], type), Tensor.zeros([3, 2])).shape == [0, 2])
      #expect(
        try Tensor.matmul(Tensor.zeros([0, 3, 2], type), Tensor.zeros([2, 4])).shape == [0, 3, 4])
      #expect(try Tensor.matmul(Tensor.zeros([0], type), Tensor.zeros([0])).item == 0)
    }
  }

  @Test func piecesOfLargeProducts() throws {
    // Above the limit for one piece: rows are multiplied in several.
    var generator = RandomGenerator(seed: 9)
    let a = try generator.uniform([3000, 900])
    let b = try generator.uniform([900, 800])
    let whole = try Tensor.matmul(a, b)
    for row in [0, 1500, 2999] {
      let line = try Tensor.matmul(a.rows(row..<row + 1), b)
      expectEqual(try whole.rows(row..<row + 1), line, tolerance: 1e-5)
    }
  }

  @Test func errors() throws {
    let x = try Tensor.zeros([2, 3])
    #expect(
      error { () throws(TensorError) in try Tensor.matmul(x, x) } == .matmul([2, 3], [2, 3]))
    #expect(
      error { () throws(TensorError) in try Tensor.matmul(x, Tensor.zeros([2])) }
        == .matmul([2, 3], [2]))
    #expect(
      error { () throws(TensorError) in try Tensor.matmul(x, Tensor.scalar(1)) } == .matmulNumber)
    #expect(
      error { () throws(TensorError) in
        try Tensor.matmul(x, x.transposed(), bias: Tensor.zeros([3]))
      } == .biasShape([3], columns: 2))
    #expect(
      error { () throws(TensorError) in
        try Tensor.matmul(Tensor.zeros([2, 2, 3]), Tensor.zeros([3, 3, 2]))
      } == .matmul([2, 2, 3], [3, 3, 2]))
    #expect(error { () throws(TensorError) in try Tensor.zeros([2]).trace() } != nil)
    #expect(error { () throws(TensorError) in try Tensor.zeros([2, 2, 2]).diagonal() } != nil)
  }

  @Test func plans() throws {
    var generator = RandomGenerator(seed: 10)
    let (m, n, k) = (33, 20, 17)
    let a = try generator.normal(Shape(checking: [k, m]))
    let b = try generator.normal(Shape(checking: [n, k]))
    let bias = try generator.normal(Shape(checking: [n]))
    var c = try generator.normal(Shape(checking: [m, n]))
    let expected = try Tensor.apply(
      .add,
      Tensor.matmul(a.transposed(), b.transposed()).cast(to: .f64),
      Tensor.apply(.multiply, c, 0.25))
    let plan = try MatmulPlan(
      .init(m: m, n: n, k: k, transposeA: true, transposeB: true, accumulate: 0.25))
    try c.withMutableFloats { buffer throws(TensorError) in
      guard let base = buffer.baseAddress else { return }
      try plan.execute(a.pointer, b.pointer, bias: nil, base)
    }
    expectEqual(c, expected, tolerance: 1e-5)
    let fused = try MatmulPlan(
      .init(m: m, n: n, k: k, transposeA: true, transposeB: true, bias: true, relu: true))
    try c.withMutableFloats { buffer throws(TensorError) in
      guard let base = buffer.baseAddress else { return }
      try fused.execute(a.pointer, b.pointer, bias: bias.pointer, base)
    }
    expectEqual(
      c, try Tensor.matmul(a.transposed(), b.transposed(), bias: bias, activation: .relu),
      tolerance: 1e-6)
    #expect(error { () throws(TensorError) in try MatmulPlan(.init(m: 0, n: 1, k: 1)) } != nil)
  }
  /// Long sums come in pieces, the bias with the first and the rectifier after the last.
  @Test(arguments: [2048, 2049, 5000]) func longSums(_ k: Int) throws {
    var generator = RandomGenerator(seed: 12)
    let a = try generator.normal([k, 70]).transposed()
    let b = try generator.normal([k, 65])
    let bias = try generator.normal([65])
    let exact = try Tensor.matmul(
      a.cast(to: .f64), b.cast(to: .f64), bias: bias, activation: .relu)
    expectEqual(
      try Tensor.matmul(a, b, bias: bias, activation: .relu), exact, tolerance: 2e-4)
    expectEqual(
      try Tensor.matmul(a.copied(as: .f32), b), try Tensor.matmul(a.cast(to: .f64), b),
      tolerance: 2e-4)
  }

  /// How a product is cut follows from its sizes, not from the number of threads.
  @Test(
    arguments: [
      (1, 1000, 784), (7, 300, 64), (33, 130, 500), (128, 10, 1000), (250, 64, 33), (64, 1000, 10),
    ])
  func threadsDoNotChangeProducts(_ m: Int, _ n: Int, _ k: Int) throws {
    let before = Threads.count
    defer { Threads.count = before }
    var generator = RandomGenerator(seed: 11)
    let a = try generator.normal([m, k])
    let b = try generator.normal([k, n])
    let bias = try generator.normal([n])
    var results: [[Double]] = []
    for threads in [1, 2, 3, 5] {
      Threads.count = threads
      let product = try Tensor.matmul(a, b, bias: bias, activation: .relu)
      let transposed = try Tensor.matmul(b.transposed(), a.transposed())
      results.append(product.doubles() + transposed.doubles())
    }
    #expect(results.allSatisfy { $0 == results[0] })
    let exact = try Tensor.matmul(b.cast(to: .f64).transposed(), a.cast(to: .f64).transposed())
    expectEqual(
      try Tensor.matmul(b.transposed(), a.transposed()), exact, tolerance: 1e-4)
  }
}

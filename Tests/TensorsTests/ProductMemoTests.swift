import Testing

@testable import Tensors

/// Kept products. Serialized: what is kept is the process's.
@Suite(.serialized) struct ProductMemoTests {
  private func matrix(_ rows: Int, _ columns: Int, seed: UInt64) throws -> Tensor {
    var generator = RandomGenerator(seed: seed)
    return try generator.normal(Shape(checking: [rows, columns]))
  }

  /// Runs with products kept, and leaves nothing behind.
  private func keeping(_ body: () throws -> Void) rethrows {
    ProductMemo.isOn = true
    defer { ProductMemo.isOn = false }
    try body()
  }

  @Test func theSameProductIsComputedOnce() throws {
    let (a, b) = (try matrix(200, 100, seed: 1), try matrix(100, 80, seed: 2))
    try keeping {
      let first = try Tensor.matmul(a, b)
      #expect(try Tensor.matmul(a, b).sharesStorage(with: first))
      #expect(try !Tensor.matmul(a, b, activation: .relu).sharesStorage(with: first))
      #expect(try !Tensor.matmul(b.transposed(), a.transposed()).sharesStorage(with: first))
      ProductMemo.clear()
      #expect(ProductMemo.isEmpty)
      #expect(try !Tensor.matmul(a, b).sharesStorage(with: first))
    }
    #expect(ProductMemo.isEmpty)
    let first = try Tensor.matmul(a, b)
    #expect(try !Tensor.matmul(a, b).sharesStorage(with: first))
  }

  @Test func aWrittenOperandIsAnother() throws {
    var a = try matrix(200, 100, seed: 1)
    let b = try matrix(100, 80, seed: 2)
    func check(_ change: (inout Tensor) throws -> Void) throws {
      let before = try Tensor.matmul(a, b)
      try change(&a)
      let after = try Tensor.matmul(a, b)
      #expect(!after.sharesStorage(with: before))
      #expect(after.doubles() != before.doubles())
      ProductMemo.clear()
      #expect(try Tensor.matmul(a, b).doubles() == after.doubles())
    }
    try keeping {
      try check { try $0.apply(.add, with: Tensor.scalar(1)) }
      try check { try $0.assign([.at(3)], Tensor.scalar(7)) }
      try check { try $0.withMutableFloats { floats throws(TensorError) in floats[5] = 100 } }
      try check { tensor in
        var inputs = [ElementwiseProgram.Input.tensor(tensor), .scalar(2)]
        tensor = b
        tensor = try ElementwiseProgram([.load(0), .load(1), .binary(.multiply)])
          .run(consuming: &inputs)
      }
    }
  }

  @Test func aKeptResultIsNotWritten() throws {
    let (a, b) = (try matrix(200, 100, seed: 1), try matrix(100, 80, seed: 2))
    try keeping {
      var first = try Tensor.matmul(a, b)
      let values = first.doubles()
      try first.apply(.add, with: Tensor.scalar(1))
      #expect(try Tensor.matmul(a, b).doubles() == values)
    }
  }

  @Test func littleIsKept() throws {
    let a = try matrix(200, 100, seed: 1)
    try keeping {
      for seed in 0..<UInt64(3 * ProductMemo.entryLimit) {
        _ = try Tensor.matmul(a, try matrix(100, 80, seed: seed))
      }
      // An operand that is gone is not kept alive, and small products are not kept at all.
      ProductMemo.clear()
      _ = try Tensor.matmul(try matrix(8, 100, seed: 1), try matrix(100, 8, seed: 2))
      #expect(ProductMemo.isEmpty)
    }
  }
}

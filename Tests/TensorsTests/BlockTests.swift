import Testing

@testable import Tensors

/// Reading by blocks gives what reading everything gives.
@Suite struct BlockTests {
  static let shapes: [Shape] = [
    [], [0], [3, 0], [0, 3], [1], [7], [70_000], [3, 70_000], [300, 301], [2, 3, 30_000],
  ]

  private static func tensor(_ shape: Shape) throws -> Tensor {
    try Tensor.sequence(from: 0, step: 1, count: shape.count).reshaped(shape.dimensions)
  }

  @Test(arguments: shapes)
  func elementsComeInOrder(_ shape: Shape) throws {
    let x = try Self.tensor(shape)
    for tensor in [x, try x.transposed()] {
      #expect(try tensor.mapElements { $0 } == tensor.doubles())
      #expect(try tensor.countElements { $0 < 5 } == min(5, shape.count))
      #expect(try tensor.allElements { $0 >= 0 })
    }
  }

  @Test(arguments: shapes)
  func blocksAreWholeRows(_ shape: Shape) throws {
    let x = try Self.tensor(shape)
    let columns = shape.rank < 2 ? 1 : max(1, shape[shape.rank - 1])
    var read = 0
    let isWhole = try x.allBlocks { block in
      read += block.count
      return block.count % columns == 0
    }
    #expect(isWhole && read == shape.count)
  }

  @Test func readingEndsWhereEnoughIsKnown() throws {
    let x = try Self.tensor([1_000_000])
    var blocks = 0
    let holds = try x.allBlocks { block in
      blocks += 1
      return !block.contains(70_000)
    }
    #expect(!holds && blocks == 2)
  }

  @Test func sameElementsInAnyShape() throws {
    let x = try Self.tensor([400, 500])
    #expect(try x.hasSameElements(as: x.reshaped([200_000])))
    #expect(try !x.hasSameElements(as: x.transposed()))
    #expect(try !x.hasSameElements(as: x.rows(0..<399)))
    let gap = try Tensor(doubles: [.nan], elementType: .f64)
    #expect(try !gap.hasSameElements(as: gap))
  }
}

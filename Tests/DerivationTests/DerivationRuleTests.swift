import Operations
import Tensors
import Testing

@testable import Derivation

/// Every differentiable operation has a rule, or stands here as one that `derive` does not treat:
/// conversions and creations of tensors, decompositions, and what only pullbacks and layers record.
@Suite struct DerivationRuleTests {
  static let refused: Set<String> = [
    "f32", "f64", "linspace", "arange", "scatter", "broadcast", "logSoftmax", "bce",
    "pinv", "cholesky", "eigh", "svd", "qr",
  ]

  @Test(arguments: OperationKind.all.map(\.name)) func hasARule(_ name: String) throws {
    let kind = try #require(OperationKind.named(name))
    let isConstant =
      UnaryOperation(name: name)?.isLogical ?? BinaryOperation(name: name)?.isLogical ?? false
    let hasRule = ([name] + kind.aliases).contains { DerivationRule.table[$0] != nil }
    #expect(hasRule != (isConstant || Self.refused.contains(name)))
  }

  /// A rule of an elementwise operation is told its operands' number by the kernel.
  @Test(arguments: BinaryOperation.allCases.filter { !$0.isLogical })
  func countsItsOperands(_ operation: BinaryOperation) {
    #expect(DerivationRule.table[operation.name]?.operands == 2)
    #expect(operation.record.textbook.count == 2)
    #expect(operation.record.rules.count == 2)
  }
}

import CKernels

/// Operations on one number, applied to each element: those of `elementwise.def`.
package typealias UnaryOperation = nnsh_unary

/// Operations on two numbers, applied to elements of broadcast tensors.
package typealias BinaryOperation = nnsh_binary

extension nnsh_unary: @retroactive CaseIterable, @retroactive CustomStringConvertible {
  /// In the order of the list.
  public static let allCases = (0..<Int32(nnsh_unary_count)).compactMap(nnsh_unary.init(rawValue:))

  /// What it is called, in nns too where there is a builtin for it.
  package var name: String { String(cString: nnsh_unary_name(self)) }
  /// The name.
  public var description: String { name }

  private static let byName = Dictionary(uniqueKeysWithValues: allCases.map { ($0.name, $0) })

  /// The operation of a name.
  package init?(name: String) {
    guard let operation = Self.byName[name] else { return nil }
    self = operation
  }

  /// Whether the result is a truth value.
  package var isLogical: Bool { nnsh_unary_is_logical(self) != 0 }
  /// Whether each element takes long.
  package var isCostly: Bool { nnsh_unary_is_costly(self) != 0 }

  /// What it gives for one number, exact to the C library's last digit.
  package func callAsFunction(_ x: Double) -> Double { nnsh_unary_number(self, x) }
}

extension nnsh_binary: @retroactive CaseIterable, @retroactive CustomStringConvertible {
  /// In the order of the list.
  public static let allCases = (0..<Int32(nnsh_binary_count)).compactMap(nnsh_binary.init)

  /// What it is called, in nns too where there is a builtin for it.
  package var name: String { String(cString: nnsh_binary_name(self)) }
  /// The name.
  public var description: String { name }

  private static let byName = Dictionary(uniqueKeysWithValues: allCases.map { ($0.name, $0) })

  /// The operation of a name.
  package init?(name: String) {
    guard let operation = Self.byName[name] else { return nil }
    self = operation
  }

  /// Whether the result is a truth value.
  package var isLogical: Bool { nnsh_binary_is_logical(self) != 0 }
  /// Whether each element takes long.
  package var isCostly: Bool { nnsh_binary_is_costly(self) != 0 }

  /// What it gives for two numbers, exact to the C library's last digit.
  package func callAsFunction(_ x: Double, _ y: Double) -> Double { nnsh_binary_number(self, x, y) }
}

/// All that nnsh provides, gathered once, when first asked for.
extension Builtin {
  /// Every builtin, group by group.
  package static let all: [Builtin] = [
    reportGroup, makeGroup, randomGroup, shapeGroup, elementwiseGroup, comparisonGroup,
    reduceGroup, orderGroup, linearAlgebraGroup, layerGroup, lossGroup, optimizerGroup,
    scheduleGroup, dataGroup, conversionGroup, sequenceGroup, controlGroup,
  ].flatMap { $0 }

  /// The builtin of this name or alias.
  package static func named(_ name: String) -> Builtin? { byName[name] }

  /// Every name and alias, in the order of `all`.
  package static var allNames: [String] {
    all.flatMap { [$0.declaration.name] + $0.declaration.aliases }
  }

  private static let byName: [String: Builtin] = {
    var table: [String: Builtin] = [:]
    for builtin in all {
      for name in [builtin.declaration.name] + builtin.declaration.aliases {
        table[name] = builtin
      }
    }
    return table
  }()

  /// The builtin's name.
  package var name: String { declaration.name }
}

import Language

extension Vocabulary {
  /// All that nnsh provides, gathered once, when first asked for.
  package static let standard = Vocabulary(
    builtins: [
      Builtin.reportGroup, Builtin.makeGroup, Builtin.randomGroup, Builtin.shapeGroup,
      Builtin.elementwiseGroup, Builtin.activationGroup,
      Builtin.comparisonGroup,
      Builtin.reduceGroup, Builtin.orderGroup,
      Builtin.linearAlgebraGroup, Builtin.decompositionGroup, Builtin.layerGroup, Builtin.lossGroup,
      Builtin.optimizerGroup,
      Builtin.scheduleGroup, Builtin.pastGroup, Builtin.dataGroup, Builtin.pictureGroup,
      Builtin.conversionGroup,
      Builtin.sequenceGroup, Builtin.recordGroup, Builtin.tableGroup, Builtin.arrayGroup,
      Builtin.statisticsGroup, Builtin.interpolationGroup, Builtin.samplingGroup, Builtin.textGroup,
      Builtin.controlGroup,
    ].flatMap { $0 },
    constants: Constant.all, prelude: Prelude.source, preludeDeclarations: Prelude.declarations)
}

extension CommandHost {
  /// A machine knows the whole library unless its host says otherwise.
  package var vocabulary: Vocabulary { .standard }
}

extension Builtin {
  /// Every builtin, group by group.
  package static var all: [Builtin] { Vocabulary.standard.builtins }

  /// The builtin of this name or alias.
  package static func named(_ name: String) -> Builtin? { Vocabulary.standard.builtin(named: name) }

  /// Every name and alias, in the order of `all`.
  package static var allNames: [String] { Vocabulary.standard.builtinNames }
}

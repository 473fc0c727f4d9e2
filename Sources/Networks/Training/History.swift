/// What each epoch of training measured.
package struct History: Sendable, Hashable {
  /// Of the epochs' own forward passes, before each update.
  package var training: [Measures] = []
  /// On the validation data at the epochs' ends; nan where nothing was measured. As many.
  package var validation: [Measures] = []

  /// Of no epoch.
  package init() {}

  /// How many epochs were recorded.
  package var count: Int { training.count }

  package var loss: [Double] { training.map(\.loss) }
  package var accuracy: [Double] { training.map(\.accuracy) }
  package var validationLoss: [Double] { validation.map(\.loss) }
  package var validationAccuracy: [Double] { validation.map(\.accuracy) }

  /// The last epoch's measures that fit the task, as `series` has them: what a block that runs after
  /// every epoch sees, in the same time however long the history is. nan where there is none.
  package var latest: [(name: String, value: Double)] {
    guard let training = training.last, let validation = validation.last else { return [] }
    let fitting = Measures.all.filter { measure in
      measure.name == "loss" || measure.name == "accuracy"
        || !training[keyPath: measure.path].isNaN || !validation[keyPath: measure.path].isNaN
    }
    return fitting.map { ($0.name, training[keyPath: $0.path]) }
      + fitting.map { ("val_" + $0.name, validation[keyPath: $0.path]) }
  }

  mutating func append(_ measured: Measures, validation: Measures?) {
    training.append(measured)
    self.validation.append(validation ?? Measures())
  }

  /// A measure under the name that it has in `net.history`, a number an epoch.
  package struct Series: Sendable {
    package let measure: Measures.Measure
    package let isValidation: Bool
    package let values: [Double]

    /// As `val_loss`.
    package var name: String { (isValidation ? "val_" : "") + measure.name }
  }

  /// All measures of all epochs.
  package var allSeries: [Series] {
    [false, true].flatMap { isValidation in
      Measures.all.map { measure in
        let epochs = isValidation ? validation : training
        return Series(
          measure: measure, isValidation: isValidation,
          values: epochs.map { $0[keyPath: measure.path] })
      }
    }
  }

  /// The losses, and the scores that the task has: what people are shown. Before any training, that
  /// of classes.
  package var series: [Series] {
    allSeries.filter { series in
      let path = series.measure.path
      if series.measure.name == "loss" { return true }
      if count == 0 { return series.measure.name == "accuracy" }
      return (training + validation).contains { !$0[keyPath: path].isNaN }
    }
  }
}

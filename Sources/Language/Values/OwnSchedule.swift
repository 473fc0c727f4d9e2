import Networks

extension Schedule {
  /// The schedule that a person's function of the epoch, counted from 0, is.
  package init(_ function: Function, _ interpreter: any Interpreter) {
    let name = function.name ?? function.displayName
    let caller = FunctionCaller(interpreter)
    self = .own(
      OwnSchedule(name, code: function.code, of: function) { epoch in
        let value = try caller.call(function, [.number(Double(epoch))])
        guard let rate = value.asNumber() else {
          throw TrainingError.noRate(schedule: name, epoch: epoch, gives: value.kindPhrase)
        }
        return rate
      })
  }
}

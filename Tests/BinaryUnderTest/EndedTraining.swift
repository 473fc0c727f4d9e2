import Foundation
import Platform

/// A training that signals have ended.
package struct EndedTraining {
  /// What it said on standard error.
  package let text: String
  package let status: Int32
  /// Whether a signal ended it, and not its own end.
  package let isBySignal: Bool

  /// Starts a training, waits until an epoch has begun, sends the signals and waits for its end.
  ///
  /// - Parameters:
  ///   - epoch: the number of the epoch in which the signals come.
  ///   - delay: seconds from that epoch's first line to the signals.
  ///   - home: the home folder, and the working directory.
  package init(
    _ code: String, by signals: [Int32], inEpoch epoch: Int, after delay: Double = 0, home: String
  ) throws {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: NNSH.path)
    process.arguments = ["-c", code]
    process.environment = NNSH.environment(home: home)
    process.currentDirectoryURL = URL(fileURLWithPath: home)
    let errors = Pipe()
    process.standardError = errors
    try process.run()
    var text = ""
    while !text.contains("epoch \(epoch)/") {
      let data = errors.fileHandleForReading.availableData
      if data.isEmpty { break }
      text += String(decoding: data, as: UTF8.self)
    }
    Thread.sleep(forTimeInterval: delay)
    for signal in signals { kill(process.processIdentifier, signal) }
    // One that does not heed them is killed, so that the test fails and does not hang.
    Thread {
      Thread.sleep(forTimeInterval: NNSH.patience)
      if process.isRunning { kill(process.processIdentifier, SIGKILL) }
    }.start()
    text += String(decoding: errors.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    self.text = text
    status = process.terminationStatus
    isBySignal = process.terminationReason == .uncaughtSignal
  }
}

import Foundation
import Shell

guard let options = Options(Array(Swift.CommandLine.arguments.dropFirst())) else {
  print(Options.usage)
  exit(2)
}
if options.listsOnly {
  for fuzzer in options.fuzzers { print("\(fuzzer.name)\t\(fuzzer.summary)") }
} else if let path = options.replay, let fuzzer = options.fuzzers.first {
  guard let data = FileManager.default.contents(atPath: path) else {
    print("cannot read \(path)")
    exit(2)
  }
  exit(
    MachineThread.run {
      do { try fuzzer.take(Array(data)) } catch {
        print("\(error)")
        return 1
      }
      return 0
    })
} else if let range = options.worker, let fuzzer = options.fuzzers.first {
  let folder = URL(fileURLWithPath: options.folder).standardizedFileURL.path + "/\(fuzzer.name)"
  let worker = Worker(fuzzer: fuzzer, seed: options.seed, folder: folder)
  exit(MachineThread.run { worker.run(range) })
} else if let names = options.interrupts {
  let folder = URL(fileURLWithPath: options.folder).standardizedFileURL.path + "/interrupts"
  exit(InterruptTable(folder: folder).run(only: names))
} else if let minutes = options.soak {
  let folder = URL(fileURLWithPath: options.folder).standardizedFileURL.path + "/soak"
  let soak = Soak(fuzzers: options.fuzzers, seed: options.seed, minutes: minutes, folder: folder)
  exit(
    MachineThread.run {
      var soak = soak
      return soak.run()
    })
} else {
  exit(Supervisor(options).run())
}

import Platform
import Serving
import Shell

exit(
  Launch.main(
    Array(Launch.words.dropFirst()),
    services: [.requests: Server.run, .languageServer: LanguageServer.run]))

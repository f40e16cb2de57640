/** The ioworker (B110 to B120), by topic. */
import "./ioworker-arguments";
import "./ioworker-commands";
import "./ioworker-crowd";
import "./ioworker-cut";
import "./ioworker-figures";
import "./ioworker-rates";

/** All behaviours: importing this registers them. */
import "./admin";
import "./arbitration";
import "./background";
import "./bring-up-by-hand";
import "./buffer";
import "./format";
import "./interrupts";
import "./ioworker";
import "./nvm";
import "./pcie";
import "./queues";
import "./raw-commands";
import "./raw-queues";
import "./registers";
import "./verification";
import "./waiting";

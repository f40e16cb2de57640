/** All behaviours: importing this registers them. */
import "./admin";
import "./arbitration";
import "./background";
import "./buffer";
import "./format";
import "./ioworker";
import "./nvm";
import "./pcie";
import "./protocol";
import "./queues";
import "./verification";
import "./waiting";

import com.sun.net.httpserver.*;
import java.io.*;
import java.math.BigInteger;
import java.net.InetSocketAddress;
import java.nio.file.*;
import java.security.*;
import java.security.spec.ECGenParameterSpec;
import java.util.*;
import java.util.concurrent.*;
import org.bouncycastle.asn1.*;
import org.bouncycastle.asn1.cmp.*;
import org.bouncycastle.asn1.crmf.*;
import org.bouncycastle.asn1.nist.NISTObjectIdentifiers;
import org.bouncycastle.asn1.ocsp.OCSPResponseStatus;
import org.bouncycastle.asn1.pkcs.CertificationRequest;
import org.bouncycastle.asn1.pkcs.PKCSObjectIdentifiers;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x509.*;
import org.bouncycastle.cert.*;
import org.bouncycastle.cert.cmp.*;
import org.bouncycastle.cert.crmf.*;
import org.bouncycastle.cert.crmf.jcajce.*;
import org.bouncycastle.cert.jcajce.*;
import org.bouncycastle.cert.ocsp.*;
import org.bouncycastle.jce.provider.BouncyCastleProvider;
import org.bouncycastle.operator.*;
import org.bouncycastle.operator.jcajce.*;
import org.bouncycastle.pkcs.PKCS10CertificationRequest;
import org.bouncycastle.pkcs.jcajce.*;

/**
 * A CA that speaks CMP (RFC 9810 over HTTP, RFC 9811) with SM2, made of BouncyCastle alone; for tests on 127.0.0.1.
 * Arguments: reference, secret, folder. The folder gets root.der and ca.der, and may have ra.der, the RA's certificate.
 * Prints its address. Faults are chosen by the path /pkix/MODE; /ca.crl, /ocsp and /issued tell what it did.
 */
public final class CmpCa {
    static final long DAY = 86_400_000L;
    static String ref, origin, dir;
    static char[] secret;
    static KeyPair rootKey, caKey, otherKey;
    static X509CertificateHolder root, ca;
    static final Map<BigInteger, Object[]> revoked = new ConcurrentHashMap<>(); // serial -> {Date, reason}
    static final Map<BigInteger, X509CertificateHolder> issued = new ConcurrentHashMap<>();
    static final Map<String, X509CertificateHolder> byRequest = new ConcurrentHashMap<>();
    static final Map<String, Integer> made = new ConcurrentHashMap<>();
    static final Map<String, Object[]> waiting =
        new ConcurrentHashMap<>(); // transaction -> {p10 or template, polls left, certReqId, type}
    static final Set<BigInteger> confirmed = ConcurrentHashMap.newKeySet();
    static final Map<String, X509CertificateHolder> unconfirmed = new ConcurrentHashMap<>();

    public static void main(String[] a) throws Exception {
        Security.addProvider(new BouncyCastleProvider());
        ref = a[0];
        secret = a[1].toCharArray();
        dir = a[2];
        HttpServer http = HttpServer.create(new InetSocketAddress("127.0.0.1", 0), 20);
        origin = "http://127.0.0.1:" + http.getAddress().getPort();
        rootKey = pair();
        caKey = pair();
        otherKey = pair();
        root = certificate(new X500Name("C=CN,O=示例电子认证有限公司,CN=Example Root CA"), rootKey,
            new X500Name("C=CN,O=示例电子认证有限公司,CN=Example Root CA"), info(rootKey), 3650, true, null);
        ca = certificate(root.getSubject(), rootKey, new X500Name("C=CN,O=示例电子认证有限公司,CN=Example SM2 CA"),
            info(caKey), 3000, true, root);
        Files.write(Path.of(dir, "root.der"), root.getEncoded());
        Files.write(Path.of(dir, "ca.der"), ca.getEncoded());
        http.createContext("/pkix", CmpCa::cmp);
        http.createContext("/ca.crl", e -> send(e, 200, "application/pkix-crl", crl()));
        http.createContext(
            "/ocsp", e -> send(e, 200, "application/ocsp-response", ocsp(e.getRequestBody().readAllBytes())));
        http.createContext("/issued", e -> send(e, 200, "text/plain", counts().getBytes()));
        http.setExecutor(Executors.newFixedThreadPool(4));
        http.start();
        System.out.println("ready " + origin);
    }

    /** How many certificates were made, confirmed, and are neither confirmed nor revoked. */
    static String counts() {
        return issued.size() + " " + confirmed.size() + " " + unconfirmed.size();
    }

    static KeyPair pair() throws Exception {
        KeyPairGenerator g = KeyPairGenerator.getInstance("EC", "BC");
        g.initialize(new ECGenParameterSpec("sm2p256v1"));
        return g.generateKeyPair();
    }
    static SubjectPublicKeyInfo info(KeyPair k) {
        return SubjectPublicKeyInfo.getInstance(k.getPublic().getEncoded());
    }
    static ContentSigner signer(KeyPair k) throws OperatorCreationException {
        return new JcaContentSignerBuilder("SM3WITHSM2").setProvider("BC").build(k.getPrivate());
    }

    static X509CertificateHolder certificate(X500Name issuer, KeyPair by, X500Name subject, SubjectPublicKeyInfo key,
        int days, boolean isCa, X509CertificateHolder above) throws Exception {
        Date now = new Date();
        X509v3CertificateBuilder b =
            new X509v3CertificateBuilder(issuer, new BigInteger(100, new SecureRandom()).setBit(99),
                new Date(now.getTime() - 60_000), new Date(now.getTime() + days * DAY), subject, key);
        JcaX509ExtensionUtils u = new JcaX509ExtensionUtils();
        b.addExtension(Extension.subjectKeyIdentifier, false, u.createSubjectKeyIdentifier(key));
        if (isCa) {
            b.addExtension(Extension.basicConstraints, true, new BasicConstraints(above == null ? 1 : 0));
            b.addExtension(Extension.keyUsage, true,
                new KeyUsage(KeyUsage.keyCertSign | KeyUsage.cRLSign | KeyUsage.digitalSignature));
        } else {
            b.addExtension(Extension.keyUsage, true, new KeyUsage(KeyUsage.digitalSignature | KeyUsage.nonRepudiation));
            b.addExtension(Extension.cRLDistributionPoints, false,
                new CRLDistPoint(new DistributionPoint[] {new DistributionPoint(
                    new DistributionPointName(new GeneralNames(new GeneralName(6, origin + "/ca.crl"))), null, null)}));
            b.addExtension(Extension.authorityInfoAccess, false,
                new AuthorityInformationAccess(AccessDescription.id_ad_ocsp, new GeneralName(6, origin + "/ocsp")));
        }
        if (above != null)
            b.addExtension(Extension.authorityKeyIdentifier, false, u.createAuthorityKeyIdentifier(above));
        return b.build(signer(by));
    }

    static byte[] crl() {
        try {
            X509v2CRLBuilder b = new X509v2CRLBuilder(ca.getSubject(), new Date());
            b.setNextUpdate(new Date(System.currentTimeMillis() + DAY));
            for (var e : revoked.entrySet())
                b.addCRLEntry(e.getKey(), (Date) e.getValue()[0], (Integer) e.getValue()[1]);
            b.addExtension(
                Extension.authorityKeyIdentifier, false, new JcaX509ExtensionUtils().createAuthorityKeyIdentifier(ca));
            b.addExtension(Extension.cRLNumber, false, new ASN1Integer(System.currentTimeMillis()));
            return b.build(signer(caKey)).getEncoded();
        } catch (Exception x) {
            throw new RuntimeException(x);
        }
    }

    static byte[] ocsp(byte[] q) {
        try {
            OCSPReq req = new OCSPReq(q);
            BasicOCSPRespBuilder b = new BasicOCSPRespBuilder(new RespID(ca.getSubject()));
            for (Req r : req.getRequestList()) {
                BigInteger s = r.getCertID().getSerialNumber();
                Object[] why = revoked.get(s);
                org.bouncycastle.cert.ocsp.CertificateStatus st = why != null
                    ? new RevokedStatus((Date) why[0], (Integer) why[1])
                    : issued.containsKey(s) ? org.bouncycastle.cert.ocsp.CertificateStatus.GOOD
                                            : new UnknownStatus();
                b.addResponse(r.getCertID(), st, new Date(), new Date(System.currentTimeMillis() + 3_600_000));
            }
            return new OCSPRespBuilder()
                .build(OCSPRespBuilder.SUCCESSFUL, b.build(signer(caKey), new X509CertificateHolder[0], new Date()))
                .getEncoded();
        } catch (Exception x) {
            throw new RuntimeException(x);
        }
    }

    static void send(HttpExchange e, int code, String type, byte[] body) throws IOException {
        e.getResponseHeaders().set("Content-Type", type);
        e.sendResponseHeaders(code, body.length);
        try (OutputStream o = e.getResponseBody()) {
            o.write(body);
        }
    }

    static void cmp(HttpExchange e) throws IOException {
        String mode = e.getRequestURI().getPath().replaceFirst("^/pkix/?", "");
        if (mode.isEmpty())
            mode = "ok";
        try {
            GeneralPKIMessage q = new GeneralPKIMessage(e.getRequestBody().readAllBytes());
            PKIBody out;
            boolean implicit = asked(q.getHeader(), "1.3.6.1.5.5.7.4.13");
            int type = q.getBody().getType();
            String problem = protection(q);
            String tid = hex(q.getHeader().getTransactionID());
            System.out.println(
                mode + " in " + type + " tid " + tid.substring(0, 8) + (problem == null ? "" : " " + problem));
            if (problem != null)
                out = error(PKIFailureInfo.badMessageCheck, problem);
            else
                out = switch (type) {
                    case PKIBody.TYPE_P10_CERT_REQ ->
                        p10(mode, tid, CertificationRequest.getInstance(q.getBody().getContent()));
                    case PKIBody.TYPE_CERT_REQ, PKIBody.TYPE_INIT_REQ ->
                        crmf(mode, tid, type, CertReqMessages.getInstance(q.getBody().getContent()));
                    case PKIBody.TYPE_POLL_REQ -> poll(mode, tid);
                    case PKIBody.TYPE_CERT_CONFIRM ->
                        confirm(tid, CertConfirmContent.getInstance(q.getBody().getContent()));
                    case PKIBody.TYPE_REVOCATION_REQ ->
                        revoke(mode, RevReqContent.getInstance(q.getBody().getContent()));
                    default -> error(PKIFailureInfo.badRequest, "not offered here");
                };
            if (mode.startsWith("lost") && out.getType() == PKIBody.TYPE_CERT_REP) {
                System.out.println("  issued, and no answer");
                e.close();
                return;
            }
            if (mode.equals("http500")) {
                send(e, 500, "text/plain", "down".getBytes());
                return;
            }
            boolean grant = implicit && !mode.equals("explicit");
            if (grant && out.getType() == PKIBody.TYPE_CERT_REP && unconfirmed.get(tid) != null) {
                BigInteger n = unconfirmed.remove(tid).getSerialNumber();
                confirmed.add(n);
                unconfirmed.values().removeIf(x -> x.getSerialNumber().equals(n));
            }
            byte[] answer = answer(mode, q, out, grant);
            System.out.println("  out " + out.getType() + " " + answer.length);
            send(e, 200, "application/pkixcmp", answer);
        } catch (Exception x) {
            x.printStackTrace(System.out);
            send(e, 400, "text/plain", String.valueOf(x).getBytes());
        }
    }

    static boolean asked(PKIHeader h, String oid) {
        if (h.getGeneralInfo() != null)
            for (InfoTypeAndValue v : h.getGeneralInfo())
                if (v.getInfoType().getId().equals(oid))
                    return true;
        return false;
    }
    static String hex(ASN1OctetString o) {
        return o == null ? "00000000" : new BigInteger(1, o.getOctets()).toString(16) + "00000000";
    }

    static String protection(GeneralPKIMessage q) throws Exception {
        if (!q.hasProtection())
            return "no protection";
        ProtectedPKIMessage p = new ProtectedPKIMessage(q);
        if (!byMac(q)) {
            if (!Files.exists(Path.of(dir, "ra.der")))
                return "not by the password";
            X509CertificateHolder ra = new X509CertificateHolder(Files.readAllBytes(Path.of(dir, "ra.der")));
            if (!new GeneralName(ra.getSubject()).equals(q.getHeader().getSender()))
                return "another sender";
            return p.verify(new JcaContentVerifierProviderBuilder().setProvider("BC").build(ra)) ? null
                                                                                                 : "wrong signature";
        }
        ASN1OctetString kid = q.getHeader().getSenderKID();
        if (kid == null || !new String(kid.getOctets()).equals(ref))
            return "unknown reference";
        if (!p.hasPasswordBasedMacProtection())
            return p.verify(new JcePBMac1CalculatorProviderBuilder().setProvider("BC").build(), secret) ? null
                                                                                                        : "wrong MAC";
        return p.verify(new PKMACBuilder(new JcePKMACValuesCalculator().setProvider("BC"), 200_000), secret)
            ? null
            : "wrong MAC";
    }

    static boolean byMac(GeneralPKIMessage q) {
        if (!q.hasProtection())
            return true;
        return new ProtectedPKIMessage(q).hasPasswordBasedMacProtection()
            || q.getHeader().getProtectionAlg().getAlgorithm().equals(PKCSObjectIdentifiers.id_PBMAC1);
    }

    /**
     * Answers with the MAC of the request, under a salt of its own. A PBMAC1 is only verified: BouncyCastle 1.80 writes
     * its key derivation under the identifier of PBES2 instead of PBKDF2.
     */
    static MacCalculator mac(AlgorithmIdentifier asked, byte[] salt, char[] secret) throws Exception {
        AlgorithmIdentifier owf = new AlgorithmIdentifier(NISTObjectIdentifiers.id_sha256);
        AlgorithmIdentifier keyed = new AlgorithmIdentifier(PKCSObjectIdentifiers.id_hmacWithSHA256, DERNull.INSTANCE);
        if (asked != null && !asked.getAlgorithm().equals(PKCSObjectIdentifiers.id_PBMAC1)) {
            PBMParameter theirs = PBMParameter.getInstance(asked.getParameters());
            owf = theirs.getOwf();
            keyed = theirs.getMac();
        }
        PKMACBuilder builder = new PKMACBuilder(new JcePKMACValuesCalculator().setProvider("BC"));
        return builder.setParameters(new PBMParameter(salt, owf, 10_000, keyed)).build(secret);
    }

    static byte[] answer(String mode, GeneralPKIMessage whole, PKIBody body, boolean grant) throws Exception {
        PKIHeader q = whole.getHeader();
        boolean bySignature = !byMac(whole);
        byte[] nonce = new byte[16];
        new SecureRandom().nextBytes(nonce);
        byte[] tid = q.getTransactionID() == null ? null : q.getTransactionID().getOctets().clone(),
               back = q.getSenderNonce() == null ? null : q.getSenderNonce().getOctets().clone();
        if (mode.equals("badtid"))
            tid[0] ^= 1;
        if (mode.equals("badnonce"))
            back[0] ^= 1;
        ProtectedPKIMessageBuilder b = new ProtectedPKIMessageBuilder(new GeneralName(ca.getSubject()), q.getSender())
                                           .setMessageTime(new Date())
                                           .setSenderNonce(nonce)
                                           .setRecipNonce(back)
                                           .setTransactionID(tid)
                                           .setSenderKID(ref.getBytes())
                                           .setBody(body);
        if (grant)
            b.addGeneralInfo(new InfoTypeAndValue(CMPObjectIdentifiers.it_implicitConfirm, DERNull.INSTANCE));
        if (body.getType() == PKIBody.TYPE_CERT_REP) {
            b.addCMPCertificate(ca);
            b.addCMPCertificate(root);
        }
        if (bySignature)
            return b.build(signer(mode.equals("badmac") ? otherKey : caKey)).toASN1Structure().getEncoded("DER");
        char[] by = mode.equals("badmac") ? "other".toCharArray() : secret;
        byte[] der = b.build(mac(q.getProtectionAlg(), nonce, by)).toASN1Structure().getEncoded("DER");
        if (mode.equals("unprotected")) {
            PKIMessage m = PKIMessage.getInstance(der);
            der = new PKIMessage(m.getHeader(), m.getBody()).getEncoded("DER");
        }
        return der;
    }

    static PKIBody error(int fail, String text) {
        return new PKIBody(PKIBody.TYPE_ERROR,
            new ErrorMsgContent(
                new PKIStatusInfo(PKIStatus.rejection, new PKIFreeText(text), new PKIFailureInfo(fail))));
    }

    static PKIBody p10(String mode, String tid, CertificationRequest r) throws Exception {
        PKCS10CertificationRequest p = new PKCS10CertificationRequest(r);
        boolean good;
        try {
            good = p.isSignatureValid(
                new JcaContentVerifierProviderBuilder().setProvider("BC").build(p.getSubjectPublicKeyInfo()));
        } catch (Exception x) {
            good = false;
        }
        System.out.println(
            "  p10 " + p.getSubject() + " alg " + p.getSignatureAlgorithm().getAlgorithm() + " POP " + good);
        if (!good)
            return rejected(-1, PKIFailureInfo.badPOP, "the request is not signed with its key", PKIBody.TYPE_CERT_REP);
        return issue(
            mode, tid, -1, PKIBody.TYPE_CERT_REP, p.getSubject(), p.getSubjectPublicKeyInfo(), digest(r.getEncoded()));
    }

    static PKIBody crmf(String mode, String tid, int type, CertReqMessages all) throws Exception {
        CertReqMsg m = all.toCertReqMsgArray()[0];
        CertTemplate t = m.getCertReq().getCertTemplate();
        ProofOfPossession pop = m.getPop();
        int id = m.getCertReq().getCertReqId().intValueExact(),
            rep = type == PKIBody.TYPE_INIT_REQ ? PKIBody.TYPE_INIT_REP : PKIBody.TYPE_CERT_REP;
        if (pop == null)
            return rejected(id, PKIFailureInfo.badPOP, "no proof", rep);
        if (pop.getType() == ProofOfPossession.TYPE_RA_VERIFIED) {
            if (mode.equals("nora"))
                return rejected(id, PKIFailureInfo.badPOP, "you are no RA", rep);
        } else if (!new CertificateRequestMessage(m).isValidSigningKeyPOP(
                       new JcaContentVerifierProviderBuilder().setProvider("BC").build(t.getPublicKey())))
            return rejected(id, PKIFailureInfo.badPOP, "the proof fails", rep);
        System.out.println("  crmf " + t.getSubject() + " POP type " + pop.getType());
        return issue(mode, tid, id, rep, t.getSubject(), t.getPublicKey(), digest(t.getEncoded()));
    }

    static String digest(byte[] d) throws Exception {
        return new BigInteger(1, MessageDigest.getInstance("SHA-256").digest(d)).toString(16).substring(0, 12);
    }

    static PKIBody issue(String mode, String tid, int id, int rep, X500Name name, SubjectPublicKeyInfo key,
        String request) throws Exception {
        if (mode.equals("reject"))
            return rejected(id, PKIFailureInfo.badDataFormat, "统一社会信用代码与登记不符", rep);
        if (mode.startsWith("poll")) {
            waiting.put(tid, new Object[] {name, key, id, rep, request, mode.equals("pollreject") ? 1 : 2});
            return new PKIBody(rep,
                new CertRepMessage(null,
                    new CertResponse[] {new CertResponse(
                        new ASN1Integer(id), new PKIStatusInfo(PKIStatus.waiting, new PKIFreeText("人工审核")))}));
        }
        return make(mode, tid, id, rep, name, key, request);
    }

    static PKIBody make(String mode, String tid, int id, int rep, X500Name name, SubjectPublicKeyInfo key,
        String request) throws Exception {
        X509CertificateHolder c = mode.equals("nodup") || mode.equals("lostnodup") ? null : byRequest.get(request);
        if (c == null || Set.of("otherkey", "othername", "longlife", "isca").contains(mode)) {
            X500Name as = mode.equals("othername") ? new X500Name("C=CN,O=别的公司,OU=操作员,CN=别人") : name;
            c = certificate(ca.getSubject(), caKey, as, mode.equals("otherkey") ? info(otherKey) : key,
                mode.equals("longlife") ? 4000 : 365, mode.equals("isca"), ca);
            issued.put(c.getSerialNumber(), c);
            made.merge(request, 1, Integer::sum);
            if (!Set.of("otherkey", "othername", "longlife", "isca", "nodup").contains(mode))
                byRequest.put(request, c);
        }
        if (!confirmed.contains(c.getSerialNumber()))
            unconfirmed.put(tid, c);
        PKIStatusInfo st = new PKIStatusInfo(
            mode.equals("mods") || mode.equals("othername") ? PKIStatus.grantedWithMods : PKIStatus.granted);
        return new PKIBody(rep,
            new CertRepMessage(null,
                new CertResponse[] {new CertResponse(new ASN1Integer(id), st,
                    new CertifiedKeyPair(new CertOrEncCert(new CMPCertificate(c.toASN1Structure()))), null)}));
    }

    static PKIBody rejected(int id, int fail, String text, int rep) {
        return new PKIBody(rep,
            new CertRepMessage(null,
                new CertResponse[] {new CertResponse(new ASN1Integer(id),
                    new PKIStatusInfo(PKIStatus.rejection, new PKIFreeText(text), new PKIFailureInfo(fail)))}));
    }

    static PKIBody poll(String mode, String tid) throws Exception {
        Object[] w = waiting.get(tid);
        if (w == null)
            return error(PKIFailureInfo.badRequest, "nothing waits under this transaction");
        int left = (Integer) w[5];
        if (left > 0) {
            w[5] = left - 1;
            return new PKIBody(PKIBody.TYPE_POLL_REP,
                new PollRepContent(new ASN1Integer((Integer) w[2]), new ASN1Integer(1), new PKIFreeText("人工审核")));
        }
        waiting.remove(tid);
        if (mode.equals("pollreject"))
            return rejected((Integer) w[2], PKIFailureInfo.notAuthorized, "审核不通过：法人授权书缺失", (Integer) w[3]);
        return make(
            mode, tid, (Integer) w[2], (Integer) w[3], (X500Name) w[0], (SubjectPublicKeyInfo) w[1], (String) w[4]);
    }

    static PKIBody confirm(String tid, CertConfirmContent all) throws Exception {
        X509CertificateHolder c = unconfirmed.remove(tid);
        if (c == null)
            c = byRequest.values()
                    .stream()
                    .filter(x -> confirmed.contains(x.getSerialNumber()))
                    .findFirst()
                    .orElse(null);
        CertStatus s = all.toCertStatusArray()[0];
        if (c == null)
            return error(PKIFailureInfo.badCertId, "nothing to confirm");
        byte[] sm3 = MessageDigest.getInstance("SM3", "BC").digest(c.getEncoded()),
               sha = MessageDigest.getInstance("SHA-256").digest(c.getEncoded());
        boolean bySm3 = Arrays.equals(sm3, s.getCertHash().getOctets()),
                bySha = Arrays.equals(sha, s.getCertHash().getOctets());
        boolean accepted = s.getStatusInfo() == null || s.getStatusInfo().getStatus().intValue() == 0;
        System.out.println("  certConf reqId " + s.getCertReqId() + " hash SM3 " + bySm3 + " SHA-256 " + bySha
            + " accepted " + accepted);
        if (!bySm3)
            return error(PKIFailureInfo.badCertId, "certHash is not SM3 of the certificate");
        if (accepted) {
            confirmed.add(c.getSerialNumber());
            final X509CertificateHolder done = c;
            unconfirmed.values().removeIf(x -> x.getSerialNumber().equals(done.getSerialNumber()));
        } else {
            revoked.put(c.getSerialNumber(), new Object[] {new Date(), 5});
        }
        return new PKIBody(PKIBody.TYPE_CONFIRM, new PKIConfirmContent());
    }

    static PKIBody revoke(String mode, RevReqContent all) throws Exception {
        RevDetails d = all.toRevDetailsArray()[0];
        BigInteger s = d.getCertDetails().getSerialNumber().getValue();
        int reason = 0;
        if (d.getCrlEntryDetails() != null && d.getCrlEntryDetails().getExtension(Extension.reasonCode) != null)
            reason =
                ASN1Enumerated.getInstance(d.getCrlEntryDetails().getExtension(Extension.reasonCode).getParsedValue())
                    .intValueExact();
        PKIStatusInfo st;
        boolean held = revoked.containsKey(s) && (Integer) revoked.get(s)[1] == 6;
        if (!issued.containsKey(s) || !ca.getSubject().equals(d.getCertDetails().getIssuer()))
            st = new PKIStatusInfo(PKIStatus.rejection, new PKIFreeText("no such certificate"),
                new PKIFailureInfo(PKIFailureInfo.badCertId));
        else if (mode.equals("nohold") && (reason == 6 || reason == 8))
            st = new PKIStatusInfo(
                PKIStatus.rejection, new PKIFreeText("no hold here"), new PKIFailureInfo(PKIFailureInfo.badRequest));
        else if (reason == 8) {
            if (held) {
                revoked.remove(s);
                st = new PKIStatusInfo(PKIStatus.granted);
            } else
                st = new PKIStatusInfo(
                    PKIStatus.rejection, new PKIFreeText("not held"), new PKIFailureInfo(PKIFailureInfo.badRequest));
        } else if (revoked.containsKey(s) && !held)
            st = new PKIStatusInfo(PKIStatus.rejection, new PKIFreeText("revoked already"),
                new PKIFailureInfo(PKIFailureInfo.certRevoked));
        else {
            revoked.put(s, new Object[] {new Date(), reason});
            st = new PKIStatusInfo(PKIStatus.granted);
        }
        System.out.println("  rr " + s.toString(16) + " reason " + reason + " -> " + st.getStatus());
        ASN1EncodableVector v = new ASN1EncodableVector();
        v.add(new DERSequence(st));
        return new PKIBody(PKIBody.TYPE_REVOCATION_REP, RevRepContent.getInstance(new DERSequence(v)));
    }
}
